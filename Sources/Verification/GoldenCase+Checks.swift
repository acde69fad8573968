import DenseKitCore

/// Tensors that only one side has: the first of them by name, the others by their number.
private struct LostNames {
    private static let shown = 40
    private var names: [(problem: String, names: [String])] = []

    mutating func add(_ name: String, _ problem: String) {
        if let index = names.firstIndex(where: { $0.problem == problem }) {
            names[index].names.append(name)
        } else {
            names.append((problem, [name]))
        }
    }

    var failures: [Comparison] {
        names.flatMap { problem, names in
            let rest = names.count - Self.shown
            return names.prefix(Self.shown).map { Comparison(failure: $0, problem) }
                + (rest > 0 ? [Comparison(failure: "and \(rest) more", problem)] : [])
        }
    }
}

/// Writes the case's parameters into the module; every name or shape that is not on both sides is a
/// failed comparison.
///
/// - Parameter given: tensors that the case has as inputs where a model stores them with its
///   weights, by the model's names
func fill(_ module: Module, _ golden: GoldenCase, given: [String: GoldenCase.Entry] = [:]) throws
    -> [Comparison]
{
    var failures: [Comparison] = []
    var lost = LostNames()
    var given = given
    var recipes: [String: GoldenCase.Entry] = [:]
    for entry in golden.parameters { recipes[entry.name] = entry }
    for entry in try module.namedTensors() {
        guard
            let recipe = recipes.removeValue(forKey: entry.name)
                ?? given.removeValue(forKey: entry.name)
        else {
            lost.add(entry.name, "the model has this tensor, the reference has not")
            continue
        }
        guard recipe.shape == entry.tensor.shape else {
            failures.append(
                Comparison(
                    failure: entry.name,
                    "shape \(entry.tensor.shape), the reference has \(recipe.shape)"))
            continue
        }
        let value = try recipe.tensor()
        try withoutGrad { _ = try entry.tensor.copyInPlace(value) }
    }
    for name in recipes.keys.sorted() where !golden.derivedBuffers.contains(name) {
        lost.add(name, "the reference has this tensor, the model has not")
    }
    for (name, input) in given {
        failures.append(
            Comparison(failure: input.name, "the model has no \(name) that this input could be"))
    }
    try module.weightsDidChange()
    return failures + lost.failures
}

/// Every reference output beside our output of that name; what is on one side only fails.
///
/// - Parameter exactIntegers: whether integers must be equal where they have no tolerance of their
///   own
func compare(
    _ outputs: [String: Tensor], with answers: [String: Tensor], _ golden: GoldenCase,
    exactIntegers: Bool = false
) throws -> [Comparison] {
    let promised = golden.outputNames.filter { answers[$0] == nil }
        .map {
            Comparison(
                failure: $0,
                "the case names this output, and \(golden.expectedOutputsPath) does not have it")
        }
    return try promised
        + answers.sorted { $0.key < $1.key }.map { key, reference in
            guard let ours = outputs[key] ?? outputs[OutputName(key).name] else {
                return Comparison(
                    failure: key,
                    "we give no such output; " + someNames(near: key, among: outputs.keys.sorted()))
            }
            let isExact =
                exactIntegers && !reference.dtype.isFloatingPoint
                && golden.ownTolerance(for: key) == nil
            return try Comparison(
                key, ours: ours, reference: reference, isExact ? .exact : golden.tolerance(for: key)
            )
        }
}

extension GoldenCase {
    /// Compares our outputs with the reference's in `CASE.safetensors`, by name. An output of the
    /// reference that we lack is a failed comparison.
    /// - Throws: `CheckpointError` where the file cannot be read.
    public func comparisons(of outputs: [String: Tensor]) throws -> [Comparison] {
        try compare(outputs, with: TensorFile.load(expectedOutputsPath).tensors, self)
    }
}

/// Which names there are instead of `name`: all of at most three, or those that are most like it.
private func someNames(near name: String, among names: [String]) -> String {
    guard names.count > 3 else {
        return "we give " + (names.isEmpty ? "none" : names.joined(separator: ", "))
    }
    var (near, rest): ([String], [String]) = ([], names)
    while near.count < 3, let next = nearestSpelling(to: OutputName(name).name, among: rest) {
        near.append(next)
        rest.removeAll { $0 == next }
    }
    let shown =
        near.isEmpty
        ? ", such as " + names.prefix(3).joined(separator: ", ")
        : "; nearest: " + near.joined(separator: ", ")
    return "we give \(names.count) others\(shown)"
}

extension GoldenCase {
    /// The list of names that the case has under `key`; empty where it has none.
    func names(_ key: String) -> [String] { json[key]?.array?.compactMap(\.string) ?? [] }

    /// The input of this name, where there is one.
    func input(_ name: String) throws -> Tensor? { try inputs.first { $0.name == name }?.tensor() }

    /// Integers in a smaller type. `what` names them in the error.
    func exactly<Integer: FixedWidthInteger>(
        _ values: [Int64], _ what: String, _ type: Integer.Type = Integer.self
    ) throws -> [Integer] {
        try values.map { value in
            guard let value = Integer(exactly: value) else {
                throw GoldenCaseError(
                    path, "has \(what) \(value) in an input, outside \(Integer.min)…\(Integer.max)")
            }
            return value
        }
    }
}
