import DenseKitNN

/// What a weight file has to fill, and what is done with its other tensors.
public struct LoadRequest: Sendable {
    /// The project whose naming the file follows, for the report; nil for this project's own keys.
    public var format: String?
    /// Prefixes of the model's tensors that the file should fill; empty for all.
    public var scope: [String]
    /// Prefixes of the tensors in `scope` that the file need not fill.
    public var optional: [String]
    /// Prefixes of the parts in `scope` that the file has to fill completely, except for what is
    /// `optional`.
    public var whole: [String] = []
    /// Keys of the model's tensors that keep their values.
    public var reinitialize: Set<String>
    /// The share, 0…1, of the tensors in `scope` that the file has to fill.
    public var atLeast: Double
    /// The number of keys of the file that its format names as not needed here.
    public var ignored: Int
    /// Keys of the file that belong to parts of the model and have no place there: the file is
    /// refused for them.
    public var unplaced: [String] = []
    /// Keys of the file that belong to parts which the model lacks.
    public var elsewhere: [String] = []
    /// Keys of the file that are not loaded, as the user requested.
    public var leftOut: [String] = []
    /// Tensors of the file that cannot be read, by key: the file is refused where the model needs
    /// one.
    public var unread: [String: UnreadTensor] = [:]

    /// - Parameters:
    ///   - format: the project whose naming the file follows; nil for this project's
    ///   - scope: prefixes of the tensors that the file should fill; empty for all
    ///   - optional: prefixes of those that it need not fill
    ///   - reinitialize: keys of the tensors that keep their values
    ///   - atLeast: the share, 0…1, of tensors in scope that the file has to fill
    ///   - ignored: the number of the file's keys that its format names as not needed
    public init(
        format: String? = nil, scope: [String] = [], optional: [String] = [],
        reinitialize: Set<String> = [],
        atLeast: Double = 1, ignored: Int = 0
    ) {
        self.format = format
        self.scope = scope
        self.optional = optional
        self.reinitialize = reinitialize
        self.atLeast = atLeast
        self.ignored = ignored
    }

    func covers(_ name: String) -> Bool {
        (scope.isEmpty || lies(name, below: scope)) && !lies(name, below: optional)
    }

    func lies(_ name: String, below prefixes: [String]) -> Bool {
        prefixes.contains { $0.isEmpty || name == $0 || name.hasPrefix($0 + ".") }
    }
}

extension Module {
    /// Copies `tensors` into the parameters and buffers of the same names; names and shapes must
    /// agree one to one.
    ///
    /// - Throws: `LoadError` where they do not, and `CheckpointError` for tensors with values that
    ///   are not finite; before anything is copied.
    @discardableResult
    public func load(_ tensors: [String: Tensor], source: String = "the weights") throws
        -> LoadReport
    {
        let keys = Dictionary(uniqueKeysWithValues: tensors.keys.map { ($0, $0) })
        return try load(tensors, keys: keys, LoadRequest(), isStrict: true, source: source) {
            _, _, _ in nil
        }
    }

    /// Copies the tensors of a file as `request` defines; floating-point types are converted to the
    /// model's.
    ///
    /// - Parameters:
    ///   - tensors: those of the file, by the file's keys
    ///   - keys: the model's key for each key of the file; other keys of the file are not loaded
    ///   - request: which of this module's tensors have to be there
    ///   - isStrict: whether model and file must have the same tensors
    ///   - source: the file's name, for messages
    ///   - adapt: returns a tensor in another shape; nil where it cannot
    /// - Throws: `LoadError` where the file does not fit, and `CheckpointError` for a needed tensor
    ///   that cannot be read, is not floating-point, or has values that are not finite; before
    ///   anything is copied.
    public func load(
        _ tensors: [String: Tensor], keys: [String: String], _ request: LoadRequest,
        isStrict: Bool = false, source: String,
        adapt: (_ tensor: Tensor, _ name: String, _ shape: [Int]) throws -> Tensor?
    ) throws -> LoadReport {
        var report = LoadReport()
        report.format = request.format
        report.ignored = request.ignored
        report.unplaced = request.unplaced
        report.leftOut = request.leftOut
        report.whole = request.whole
        var fileKeys: [String: String] = [:]
        for (fileKey, name) in keys.sorted(by: { $0.key < $1.key }) { fileKeys[name] = fileKey }
        var copies: [(Tensor, Tensor)] = []
        var unread = request.unread
        for entry in try namedTensors() {
            let name = entry.name
            let fileKey = fileKeys.removeValue(forKey: name)
            if request.reinitialize.contains(name) {
                report.reinitialized.append(name)
                continue
            }
            if let fileKey, let tensor = unread.removeValue(forKey: fileKey) {
                throw CheckpointError(
                    path: source,
                    problem: "tensor \(shown(fileKey)) \(tensor.problem), and the model needs it",
                    remedy: tensor.remedy)
            }
            guard let fileKey, var value = tensors[fileKey] else {
                // A counter that older files do not have; nothing depends on it.
                guard isStrict || !name.hasSuffix("num_batches_tracked") else { continue }
                report.missing.append(name)
                guard request.covers(name) else { continue }
                report.missed.append(name)
                if report.isWhole(name) { report.wanting.append(name) }
                continue
            }
            let expected = entry.tensor.shape
            let found = value.shape
            if found != expected {
                guard let adapted = try withoutGrad({ try adapt(value, name, expected) }),
                    adapted.shape == expected
                else {
                    report.mismatched.append(.init(name: name, expected: expected, found: found))
                    continue
                }
                report.resized.append(.init(name: name, expected: expected, found: found))
                value = adapted
            }
            // A number by itself may be written as a whole one.
            guard
                value.dtype.isFloatingPoint || !entry.tensor.dtype.isFloatingPoint
                    || value.count <= 1
            else {
                throw CheckpointError(
                    path: source,
                    problem:
                        "tensor \(shown(fileKey)) has elements of \(value.dtype), where the model computes in floating point",
                    remedy:
                        "The file is quantized or packed: use one in float32 or half precision, or convert it with the library "
                        + "that wrote it.")
            }
            guard try !value.dtype.isFloatingPoint || value.isFinite() else {
                throw CheckpointError(
                    path: source,
                    problem:
                        "tensor \(shown(fileKey)) holds values that are infinite or not a number",
                    remedy: "The training that wrote the file went wrong: use an earlier one.")
            }
            report.matched.append(name)
            report.used.append(fileKey)
            copies.append((entry.tensor, value))
        }
        report.unexpected = (fileKeys.values + request.unplaced + request.elsewhere).sorted()
        report.unread = unread.sorted { $0.key < $1.key }.map {
            "\(printable($0.key)) (\($0.value.problem))"
        }
        let fits =
            report.mismatched.isEmpty && report.unplaced.isEmpty && report.wanting.isEmpty
            && report.share >= request.atLeast
            && !report.matched.isEmpty
        guard fits, !isStrict || report.isComplete else {
            throw LoadError(report: report, source: source, atLeast: request.atLeast)
        }
        try withoutGrad { for (target, value) in copies { try target.copyInPlace(value) } }
        try weightsDidChange()
        return report
    }
}
