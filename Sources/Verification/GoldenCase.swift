import Foundation
import DenseKitNN

/// A golden case: how to build parameters and inputs, and what the reference answered.
public struct GoldenCase: Sendable {
    /// A tensor by its recipe.
    public struct Entry: Decodable, Sendable {
        public let name: String
        public let seed: String?
        public let shape: [Int]
        public let kind: String?
        public let offset: Double?
        public let scale: Double?
        public let value: Double?
        public let low: Int64?
        public let high: Int64?
        public let values: JSON?
        public let ignore: Ignore?
        /// What the reference did with it, in words that may hold its numbers.
        public let role: String?
        /// Masks `[g, h, w]` as runs of pixels, column by column, zeros first.
        public let runs: Runs?

        public struct Runs: Decodable, Sendable {
            public let size: [Int]
            public let counts: [[Int]]
        }

        public struct Ignore: Decodable, Sendable {
            public let value: Int64
            public let every: Int
        }

        private enum Key: String, CodingKey {
            case name, seed, shape, kind, offset, scale, value, low, high, values, ignore, role, counts
        }

        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            name = try fields.decode(String.self, forKey: .name)
            runs = fields.contains(.counts) ? try Runs(from: decoder) : nil
            shape = try runs.map { [$0.counts.count] + $0.size } ?? fields.decode([Int].self, forKey: .shape)
            seed = try fields.decodeIfPresent(String.self, forKey: .seed)
            kind = try fields.decodeIfPresent(String.self, forKey: .kind)
            offset = try fields.decodeIfPresent(Double.self, forKey: .offset)
            scale = try fields.decodeIfPresent(Double.self, forKey: .scale)
            value = try fields.decodeIfPresent(Double.self, forKey: .value)
            low = try fields.decodeIfPresent(Int64.self, forKey: .low)
            high = try fields.decodeIfPresent(Int64.self, forKey: .high)
            values = try fields.decodeIfPresent(JSON.self, forKey: .values)
            ignore = try fields.decodeIfPresent(Ignore.self, forKey: .ignore)
            role = try fields.decodeIfPresent(String.self, forKey: .role)
        }
    }

    public struct Tolerance: Decodable, Sendable {
        public let rtol: Double
        public let atol: Double
        /// This share of the elements must agree; all of them where it is not said.
        public let share: Double?
        /// What is added to `atol` for every unit of the largest magnitude in the tensor.
        public var ofLargest: Double?

        public init(rtol: Double, atol: Double, share: Double? = nil, ofLargest: Double? = nil) {
            (self.rtol, self.atol, self.share, self.ofLargest) = (rtol, atol, share, ofLargest)
        }

        /// Nothing but equal.
        static let exact = Tolerance(rtol: 0, atol: 0)
        /// What another order of double-precision operations may change.
        static let rounding = Tolerance(rtol: 1e-12, atol: 1e-15)
    }

    public let path: String
    public let name: String
    public let procedure: String
    public let mode: String
    public let parameters: [Entry]
    public let inputs: [Entry]
    /// What each output is, in the reference's words.
    public let outputs: [String: String]
    public let derivedBuffers: Set<String>
    public let tokenIDs: [[Int]]?
    /// The whole file, for what only one procedure needs.
    public let json: JSON
    let tolerance: Tolerance
    let gradientTolerance: Tolerance?
    let toleranceFor: [String: Tolerance]

    /// Reads `CASE.json`.
    ///
    /// Throws `GoldenCaseError` for a file that is not such a case.
    public init(path: String) throws {
        self.path = path
        json = try Self.decoded(path)
        let header: Header = try Self.decoded(path)
        name = header.case ?? URL(filePath: path).deletingPathExtension().lastPathComponent
        guard let procedure = header.procedure_id else { throw GoldenCaseError(path, "has no procedure_id") }
        self.procedure = procedure
        mode = header.mode ?? "eval"
        parameters = header.parameters ?? []
        inputs = header.inputs ?? []
        outputs = header.outputs ?? [:]
        derivedBuffers = Set(header.derived_buffers ?? [])
        tokenIDs = header.token_ids
        tolerance =
            header.tolerance.map { Tolerance(rtol: $0.rtol, atol: $0.atol, share: $0.share) } ?? Tolerance(rtol: 1e-3, atol: 1e-4)
        gradientTolerance = header.tolerance?.grad.map { Tolerance(rtol: 0, atol: 0, ofLargest: $0.max_abs_over_max_value) }
        var toleranceFor = header.tolerance_for ?? [:]
        if toleranceFor["grad_norms"] == nil { toleranceFor["grad_norms"] = header.tolerance?.grad_norms }
        self.toleranceFor = toleranceFor
        for (kind, names) in [("parameter", parameters.map(\.name)), ("input", inputs.map(\.name))] {
            var seen: Set<String> = []
            if let twice = names.first(where: { !seen.insert($0).inserted }) {
                throw GoldenCaseError(path, "has the \(kind) '\(twice)' twice")
            }
        }
        try checkFields()
    }

    /// The file as a `T`, which knows more fields than the header that all cases share.
    func decoded<T: Decodable>(_ type: T.Type = T.self) throws -> T { try Self.decoded(path) }

    private static func decoded<T: Decodable>(_ path: String) throws -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw GoldenCaseError(path, "cannot be read as a golden case: \(GoldenCaseError.sentence(error))")
        }
    }

    public var outputNames: [String] { outputs.keys.sorted() }

    /// The tolerance of an output: its own, its kind's, or the case's.
    public func tolerance(for output: String) -> Tolerance {
        if let own = ownTolerance(for: output) { return own }
        let isGradient = output.hasPrefix("grad/") || output.hasPrefix("after/")
        return (isGradient ? gradientTolerance : nil) ?? tolerance
    }

    /// The outputs that have a tolerance of their own and were not compared: misspelt, or of another case.
    func unusedTolerances(_ comparisons: [Comparison]) -> [Comparison] {
        let compared = Set(comparisons.map(\.output))
        return json["tolerance_for"]?.object?.keys.filter { !compared.contains($0) }.sorted()
            .map { Comparison(failure: $0, "tolerance_for names this output, and nothing of this name is compared") } ?? []
    }

    /// A tolerance that is an output's alone. Pixels of masks flip where a mask is all but at the threshold.
    func ownTolerance(for output: String) -> Tolerance? {
        toleranceFor[output] ?? (output.hasPrefix("mask_areas") ? Tolerance(rtol: 0.005, atol: 1) : nil)
    }

    /// What the reference answered: `CASE.safetensors`.
    public var answersPath: String { String(path.dropLast(path.hasSuffix(".json") ? 5 : 0)) + ".safetensors" }

    /// Where our description of the case's model stands: `CASE.model.yaml`.
    public var modelPath: String { String(path.dropLast(path.hasSuffix(".json") ? 5 : 0)) + ".model.yaml" }

    private struct Header: Decodable {
        let `case`: String?
        let procedure_id: String?
        let mode: String?
        let parameters: [Entry]?
        let inputs: [Entry]?
        let outputs: [String: String]?
        let derived_buffers: [String]?
        let token_ids: [[Int]]?
        let tolerance: Tolerances?
        let tolerance_for: [String: Tolerance]?
    }

    /// A case's tolerance, and those of the gradients where they are wider.
    private struct Tolerances: Decodable {
        let rtol: Double
        let atol: Double
        let share: Double?
        let grad_norms: Tolerance?
        let grad: OfLargest?

        struct OfLargest: Decodable { let max_abs_over_max_value: Double }
    }
}

/// A golden case that cannot be run: not a case, or one that asks for what is not there.
public struct GoldenCaseError: DenseKitError {
    public let path: String
    public let problem: String
    public var place: String? { path }
    public var origin: ErrorOrigin { .configuration }

    public init(_ path: String, _ problem: String) { (self.path, self.problem) = (path, problem) }

    static func sentence(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return error.localizedDescription }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context))key '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(place(context))\(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty ? "" : "at \(context.codingPath.map(\.stringValue).joined(separator: ".")): "
    }
}
