import NN

/// What is asked of a file of weights.
public struct LoadRequest: Sendable {
    /// Whose naming the file follows, for the report.
    public var format: String?
    /// Prefixes of the tensors that the file should bring; empty: all.
    public var scope: [String]
    /// Prefixes of the tensors in scope that it need not bring.
    public var optional: [String]
    /// Tensors that keep their values.
    public var reinitialize: Set<String>
    /// The share of the tensors in scope that must be there.
    public var atLeast: Double
    /// Keys of the file that nobody needs.
    public var ignored: Int

    public init(
        format: String? = nil, scope: [String] = [], optional: [String] = [], reinitialize: Set<String> = [],
        atLeast: Double = 1, ignored: Int = 0
    ) {
        (self.format, self.scope, self.optional, self.reinitialize) = (format, scope, optional, reinitialize)
        (self.atLeast, self.ignored) = (atLeast, ignored)
    }

    func covers(_ name: String) -> Bool {
        func isBelow(_ prefix: String) -> Bool { prefix.isEmpty || name.hasPrefix(prefix + ".") }
        return (scope.isEmpty || scope.contains(where: isBelow)) && !optional.contains(where: isBelow)
    }
}

extension Module {
    /// Copies `tensors` into the parameters and buffers of the same names, which must agree one to one.
    ///
    /// Throws `LoadError`, before anything is copied.
    @discardableResult
    public func load(_ tensors: [String: Tensor], source: String = "the weights") throws -> LoadReport {
        let keys = Dictionary(uniqueKeysWithValues: tensors.keys.map { ($0, $0) })
        return try load(tensors, keys: keys, LoadRequest(), isStrict: true, source: source) { _, _, _ in nil }
    }

    /// Copies tensors of a file as `request` says; floating-point types are converted to the model's.
    ///
    /// - Parameters:
    ///   - keys: the model's key by the file's; keys that are not here do not count
    ///   - isStrict: whether what the model does not have is a mistake
    ///   - adapt: brings a tensor to another shape, or gives nil
    /// - Throws: `LoadError`, before anything is copied.
    public func load(
        _ tensors: [String: Tensor], keys: [String: String], _ request: LoadRequest, isStrict: Bool = false, source: String,
        adapt: (_ tensor: Tensor, _ name: String, _ shape: [Int]) throws -> Tensor?
    ) throws -> LoadReport {
        var report = LoadReport()
        (report.format, report.ignored) = (request.format, request.ignored)
        var fileKeys: [String: String] = [:]
        for (fileKey, name) in keys.sorted(by: { $0.key < $1.key }) { fileKeys[name] = fileKey }
        var copies: [(Tensor, Tensor)] = []
        for entry in try namedTensors() {
            let name = entry.name
            let fileKey = fileKeys.removeValue(forKey: name)
            if request.reinitialize.contains(name) {
                report.reinitialized.append(name)
                continue
            }
            guard let fileKey, var value = tensors[fileKey] else {
                // A counter that older files do not have; nothing depends on it.
                guard isStrict || !name.hasSuffix("num_batches_tracked") else { continue }
                report.missing.append(name)
                if request.covers(name) { report.missed += 1 }
                continue
            }
            let (expected, found) = (entry.tensor.shape, value.shape)
            if found != expected {
                guard let adapted = try withoutGrad({ try adapt(value, name, expected) }), adapted.shape == expected else {
                    report.mismatched.append(.init(name: name, expected: expected, found: found))
                    continue
                }
                report.resized.append(.init(name: name, expected: expected, found: found))
                value = adapted
            }
            report.matched.append(name)
            copies.append((entry.tensor, value))
        }
        report.unexpected = fileKeys.values.sorted()
        let fits = report.mismatched.isEmpty && report.share >= request.atLeast && !report.matched.isEmpty
        guard fits, !isStrict || report.isComplete else {
            throw LoadError(report: report, source: source, atLeast: request.atLeast)
        }
        try withoutGrad { for (target, value) in copies { try target.copyInPlace(value) } }
        try weightsDidChange()
        return report
    }
}
