import DenseKitCore
import Foundation

// A setting of a case that nothing reads is a mistake: it is refused, with its place and what is
// known there.
extension GoldenCase {
    /// Checks that every setting at `place` is read by the procedure.
    ///
    /// - Parameters:
    ///   - place: an object, or a list of objects, in the case's file, such as
    ///     `config.text_encoder`; one that does not exist passes
    ///   - known: the keys that are read there, separated by spaces
    ///   - fixed: keys that may only have this value, which is the one that is built
    /// - Throws: `GoldenCaseError` for an unknown key, or another value of a fixed one.
    public func check(_ place: String, knows known: String = "", fixed: [String: GoldenJSON] = [:])
        throws
    {
        let value = place.split(separator: ".").reduce(GoldenJSON?.some(json)) { $0?[String($1)] }
        try check(value, place, Set(known.split(separator: " ").map(String.init)), fixed)
    }

    private func check(
        _ value: GoldenJSON?, _ place: String, _ known: Set<String>, _ fixed: [String: GoldenJSON]
    ) throws {
        switch value {
        case nil, .null: return
        case .array(let values):
            for (index, value) in values.enumerated() {
                try check(value, "\(place).\(index)", known, fixed)
            }
        case .object(let object):
            try check(value, place, known.union(fixed.keys))
            for (key, expected) in fixed.sorted(by: { $0.key < $1.key }) {
                guard let found = object[key], found != expected, found != .null else { continue }
                throw GoldenCaseError(
                    path,
                    "sets \(place).\(key) to \(found.text): only \(expected.text) is known here")
            }
        default:
            if known.isEmpty { return }  // text for readers
            throw GoldenCaseError(
                path, "has \(value?.text ?? "nothing") in \(place), expected an object")
        }
    }

    /// Throws `GoldenCaseError` for a key of `value` that is not among `known`.
    func check(_ value: GoldenJSON?, _ place: String, _ known: Set<String>) throws {
        guard let other = value?.unknown(besides: known) else { return }
        let near = nearestSpelling(to: other, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw GoldenCaseError(
            path,
            "has the unknown setting '\(place.isEmpty ? "" : place + ".")\(other)'\(near); known: "
                + (known.isEmpty ? "none" : known.sorted().joined(separator: ", ")))
    }

    /// Checks that the procedure reads every input. Names of inputs for one of several images end
    /// in `.0`, `.1`, ….
    ///
    /// - Parameter known: the names of the inputs that are read, separated by spaces
    /// - Throws: `GoldenCaseError` for an unknown input.
    public func checkInputs(_ known: String) throws {
        let known = Set(known.split(separator: " ").map(String.init))
        for input in inputs {
            let name = input.name.replacing(/\.[0-9]+$/, with: "")
            guard !known.contains(name) else { continue }
            throw GoldenCaseError(
                path,
                "has the input '\(input.name)', which nothing reads in the procedure \(procedure); known: "
                    + known.sorted().joined(separator: ", "))
        }
    }

    /// A whole number at `place`; nil where there is none.
    ///
    /// Throws `GoldenCaseError` for any other value there.
    func integer(_ place: String) throws -> Int? {
        let value = place.split(separator: ".").reduce(GoldenJSON?.some(json)) { $0?[String($1)] }
        guard let value, value != .null else { return nil }
        guard let integer = value.integer else {
            throw GoldenCaseError(path, "has \(value.text) in \(place), expected a whole number")
        }
        return integer
    }

    /// Throws `GoldenCaseError` for fields of the file and of its entries that are all but known
    /// ones, and for tolerances with unknown keys: a misspelt one would change what is
    /// compared silently. Other fields may have any content.
    func checkFields() throws {
        try checkSpelling(json, "", Self.fields)
        for key in ["parameters", "inputs"] {
            for (index, entry) in (json[key]?.array ?? []).enumerated() {
                let name = entry["name"]?.string ?? "\(index)"
                try checkSpelling(entry, "\(key).\(name)", Self.entryFields)
                guard let kind = entry["kind"]?.string, !["int", "float", "values"].contains(kind)
                else { continue }
                throw GoldenCaseError(
                    path, "has the kind '\(kind)' in \(key).\(name); known: int, float, values")
            }
        }
        try check("tolerance", knows: "rtol atol share grad_norms grad")
        try check("tolerance.grad", knows: "max_abs_over_max_value")
        for (name, tolerance) in json["tolerance_for"]?.object ?? [:] {
            try check(tolerance, "tolerance_for.\(name)", ["rtol", "atol", "share"])
        }
        try check(tolerance as Tolerance, "tolerance")
        if let bound = gradientTolerance?.ofLargest, !(bound.isFinite && bound >= 0) {
            throw GoldenCaseError(
                path,
                "has \(bound) in tolerance.grad.max_abs_over_max_value; expected a finite number of 0 or more"
            )
        }
        for (name, tolerance) in toleranceFor.sorted(by: { $0.key < $1.key }) {
            try check(tolerance, "tolerance_for.\(name)")
        }
        guard ["eval", "train"].contains(mode) else {
            throw GoldenCaseError(path, "has the mode '\(mode)'; known: eval, train")
        }
    }

    /// Refuses bounds that everything or nothing passes.
    private func check(_ tolerance: Tolerance, _ place: String) throws {
        for (key, value) in [("rtol", tolerance.rtol), ("atol", tolerance.atol)]
        where !(value.isFinite && value >= 0) {
            throw GoldenCaseError(
                path, "has \(value) in \(place).\(key); expected a finite number of 0 or more")
        }
        guard let share = tolerance.share, !(share > 0 && share <= 1) else { return }
        throw GoldenCaseError(
            path, "has \(share) in \(place).share; expected a share above 0 and at most 1")
    }

    private func checkSpelling(_ value: GoldenJSON, _ place: String, _ known: Set<String>) throws {
        let object = value.object ?? [:]
        for key in object.keys.sorted() where !known.contains(key) {
            guard let near = nearestSpelling(to: key, among: known), object[near] == nil else {
                continue
            }
            throw GoldenCaseError(
                path,
                "has the unknown field '\(place.isEmpty ? "" : place + ".")\(key)'; did you mean '\(near)'?"
            )
        }
    }

    /// What the file's top has in some procedure, including text for readers.
    private static let fields: Set<String> = [
        "boxes", "case", "cases", "class_names", "computed_in", "config", "config_inference",
        "context_lengths",
        "derived_buffers", "expected", "files", "float32_vs_float64", "float64_check",
        "frozen_parameters", "grad_norm_order",
        "grads", "group_base_lr", "group_order", "group_weight_decay", "img_meta",
        "imrescale_shapes", "inputs",
        "learning_rate", "loss", "lr_exact", "mask_rle", "mode", "notes", "optimizer_groups",
        "outputs", "parameters",
        "parameters_without_gradient", "procedure", "procedure_id", "reference", "resize",
        "runtime",
        "smallest_gap_of_probabilities", "token_ids", "token_ids_note", "tolerance",
        "tolerance_for", "tolerance_note",
        "vectors",
    ]
    private static let entryFields: Set<String> = [
        "counts", "dtype", "encoding", "high", "ignore", "image", "kind", "low", "name", "offset",
        "role", "scale", "seed",
        "shape",
        "size", "value", "values",
    ]
}

extension GoldenJSON {
    /// The first key of an object that is not among those given.
    func unknown(besides known: Set<String>) -> String? {
        object?.keys.filter { !known.contains($0) }.min()
    }

    /// The value in a line, cut where it is long.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        return text.count > 60 ? text.prefix(60) + "…" : text
    }
}

// What is read of a case whose model is in a model file: the rest of its `config` is the
// reference's, and the model file defines it by our names.
extension GoldenCase {
    /// - Parameter drawn: the inputs that prescribe a model's random numbers
    func checkModelSettings(drawn: [String]) throws {
        switch procedure {
        case "detector": try checkInputs("img gt_bboxes gt_labels gt_masks gt_bboxes_ignore")
        case "inference":
            let views = json["config_inference"]?["views"]?.array ?? []
            try checkInputs(
                views.compactMap { $0["input"]?.string }.joined(separator: " ")
                    + " texts tokens codebook")
            try check("config_inference", knows: "ori_shape views")
            try check(
                "config_inference.views", knows: "input flip",
                fixed: ["flip_direction": .string("horizontal")])
            try check("config.test_cfg", knows: "mode crop_size stride")
        default:
            try checkInputs(
                (["img gt_semantic_seg texts tokens codebook priority"] + drawn).joined(
                    separator: " "))
        }
        try check("config.schedule", knows: "t T")
    }
}
