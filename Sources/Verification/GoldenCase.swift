import DenseKitNN
import Foundation

/// A golden case: recipes of parameters and inputs, and the reference's outputs for them.
public struct GoldenCase: Sendable {
    /// A tensor by its recipe: listed values, one value, or values seeded by a name.
    public struct Entry: Decodable, Sendable {
        /// The name of the parameter or input.
        public let name: String
        /// The text that seeds the values; nil for the entry's name.
        public let seed: String?
        /// The shape of the tensor.
        public let shape: [Int]
        /// The kind of recipe: `int`, `float` or `values`; nil where the other fields define it.
        public let kind: String?
        /// The centre of seeded floats, which lie in `[offset − scale, offset + scale)`.
        public let offset: Double?
        /// The half range of seeded floats, which lie in `[offset − scale, offset + scale)`.
        public let scale: Double?
        /// The value of every element; nil for a recipe with different values.
        public let value: Double?
        /// The smallest seeded integer.
        public let low: Int64?
        /// The upper bound of seeded integers, itself excluded.
        public let high: Int64?
        /// All values, as nested lists in row-major order; nil for a recipe without a list.
        public let values: GoldenJSON?
        /// Elements of an integer recipe that are replaced by an ignored label; nil for none.
        public let ignore: Ignore?
        /// What the reference did with the tensor, as text that may contain numbers.
        public let role: String?
        /// Masks `[g, h, w]` as run lengths; nil for other tensors.
        public let runs: Runs?

        /// Masks as run lengths of pixels, column by column, beginning with zeros.
        public struct Runs: Decodable, Sendable {
            /// Height and width of the masks in pixels.
            public let size: [Int]
            /// The run lengths of each mask.
            public let counts: [[Int]]
        }

        /// Elements at a regular distance that are set to one value.
        public struct Ignore: Decodable, Sendable {
            /// The value that is set, such as an ignored label.
            public let value: Int64
            /// The distance between two such elements, the first of which is element 0; 0 sets
            /// none.
            public let every: Int
        }

        private enum Key: String, CodingKey {
            case name, seed, shape, kind, offset, scale, value, low, high, values, ignore, role,
                counts
        }

        /// Decodes an entry; `counts` makes it one of masks, whose shape follows from `size`.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            name = try fields.decode(String.self, forKey: .name)
            runs = fields.contains(.counts) ? try Runs(from: decoder) : nil
            shape =
                try runs.map { [$0.counts.count] + $0.size }
                ?? fields.decode([Int].self, forKey: .shape)
            seed = try fields.decodeIfPresent(String.self, forKey: .seed)
            kind = try fields.decodeIfPresent(String.self, forKey: .kind)
            offset = try fields.decodeIfPresent(Double.self, forKey: .offset)
            scale = try fields.decodeIfPresent(Double.self, forKey: .scale)
            value = try fields.decodeIfPresent(Double.self, forKey: .value)
            low = try fields.decodeIfPresent(Int64.self, forKey: .low)
            high = try fields.decodeIfPresent(Int64.self, forKey: .high)
            values = try fields.decodeIfPresent(GoldenJSON.self, forKey: .values)
            ignore = try fields.decodeIfPresent(Ignore.self, forKey: .ignore)
            role = try fields.decodeIfPresent(String.self, forKey: .role)
        }
    }

    /// How far an output may differ from the reference's: `atol + rtol · |reference|` for each
    /// element.
    public struct Tolerance: Decodable, Sendable {
        /// The relative tolerance, at least 0.
        public let rtol: Double
        /// The absolute tolerance, at least 0.
        public let atol: Double
        /// The share of elements that must agree, above 0 and at most 1; nil for all of them.
        public let share: Double?
        /// A share of the largest magnitude in the reference's tensor that is added to `atol`; nil
        /// for none.
        public var ofLargest: Double?

        /// A tolerance of all elements, unless `share` is given.
        public init(rtol: Double, atol: Double, share: Double? = nil, ofLargest: Double? = nil) {
            self.rtol = rtol
            self.atol = atol
            self.share = share
            self.ofLargest = ofLargest
        }

        /// Nothing but equal.
        static let exact = Tolerance(rtol: 0, atol: 0)
        /// What another order of double-precision operations may change.
        static let rounding = Tolerance(rtol: 1e-12, atol: 1e-15)
    }

    /// The path of the case's JSON file.
    public let path: String
    /// The name of the case: its `case` field, else the name of its file.
    public let name: String
    /// The name of the procedure that runs the case, its `procedure_id`.
    public let procedure: String
    /// The mode that the model runs in, `eval` or `train`; `eval` by default.
    public let mode: String
    /// Recipes of the model's parameters and buffers.
    public let parameters: [Entry]
    /// Recipes of the inputs.
    public let inputs: [Entry]
    /// A description of each output, by the output's name.
    public let outputs: [String: String]
    /// Names of the reference's buffers that our model may lack.
    public let derivedBuffers: Set<String>
    /// The token ids of the class texts, one row for each; nil where the case has none.
    public let tokenIDs: [[Int]]?
    /// The whole file, for fields that only one procedure reads.
    public let json: GoldenJSON
    let tolerance: Tolerance
    let gradientTolerance: Tolerance?
    let toleranceFor: [String: Tolerance]

    /// Reads `CASE.json`.
    ///
    /// - Throws: `GoldenCaseError` for a file that is not a golden case.
    public init(path: String) throws {
        self.path = path
        json = try Self.decoded(path)
        let header: Header = try Self.decoded(path)
        name = header.case ?? URL(filePath: path).deletingPathExtension().lastPathComponent
        guard let procedure = header.procedure_id else {
            throw GoldenCaseError(path, "has no procedure_id")
        }
        self.procedure = procedure
        mode = header.mode ?? "eval"
        parameters = header.parameters ?? []
        inputs = header.inputs ?? []
        outputs = header.outputs ?? [:]
        derivedBuffers = Set(header.derived_buffers ?? [])
        tokenIDs = header.token_ids
        tolerance =
            header.tolerance.map { Tolerance(rtol: $0.rtol, atol: $0.atol, share: $0.share) }
            ?? Tolerance(rtol: 1e-3, atol: 1e-4)
        gradientTolerance = header.tolerance?.grad.map {
            Tolerance(rtol: 0, atol: 0, ofLargest: $0.max_abs_over_max_value)
        }
        var toleranceFor = header.tolerance_for ?? [:]
        if toleranceFor["grad_norms"] == nil {
            toleranceFor["grad_norms"] = header.tolerance?.grad_norms
        }
        self.toleranceFor = toleranceFor
        for (kind, names) in [("parameter", parameters.map(\.name)), ("input", inputs.map(\.name))]
        {
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
            throw GoldenCaseError(
                path, "cannot be read as a golden case: \(GoldenCaseError.sentence(error))")
        }
    }

    /// The names of the outputs, sorted.
    public var outputNames: [String] { outputs.keys.sorted() }

    /// The tolerance of an output: its own, that of gradients, or the case's.
    public func tolerance(for output: String) -> Tolerance {
        if let own = ownTolerance(for: output) { return own }
        let isGradient = output.hasPrefix("grad/") || output.hasPrefix("after/")
        return (isGradient ? gradientTolerance : nil) ?? tolerance
    }

    /// The outputs that have a tolerance of their own and were not compared: misspelt, or of
    /// another case.
    func unusedTolerances(_ comparisons: [Comparison]) -> [Comparison] {
        let compared = Set(comparisons.map(\.output))
        return json["tolerance_for"]?.object?.keys.filter { !compared.contains($0) }.sorted()
            .map {
                Comparison(
                    failure: $0,
                    "tolerance_for names this output, and nothing of this name is compared")
            } ?? []
    }

    /// A tolerance that is an output's alone. Pixels of masks flip where a mask is all but at the
    /// threshold.
    func ownTolerance(for output: String) -> Tolerance? {
        toleranceFor[output]
            ?? (output.hasPrefix("mask_areas") ? Tolerance(rtol: 0.005, atol: 1) : nil)
    }

    /// The path of the reference's outputs, `CASE.safetensors`.
    public var expectedOutputsPath: String {
        String(path.dropLast(path.hasSuffix(".json") ? 5 : 0)) + ".safetensors"
    }

    /// The path of the model file, `CASE.model.yaml`, which describes the case's model in
    /// DenseKit's configuration.
    public var modelPath: String {
        String(path.dropLast(path.hasSuffix(".json") ? 5 : 0)) + ".model.yaml"
    }

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

/// A golden case that cannot be run: the file is not one, or it uses something unknown.
public struct GoldenCaseError: DenseKitError {
    /// The path of the case's file, or the name of the entry that is wrong.
    public let path: String
    public let problem: String
    public var place: String? { path }
    public var origin: ErrorOrigin { .configuration }

    /// An error of the case at `path`; `problem` follows the path in the message.
    public init(_ path: String, _ problem: String) {
        self.path = path
        self.problem = problem
    }

    static func sentence(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return error.localizedDescription }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context))key '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            return "\(place(context))\(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty
            ? "" : "at \(context.codingPath.map(\.stringValue).joined(separator: ".")): "
    }
}
