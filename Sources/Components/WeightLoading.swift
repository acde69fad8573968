import DenseKitCheckpoints

extension Module {
    /// Copies the tensors of a weight file, which another project may have written, into this model
    /// or component.
    ///
    /// The file's naming is recognised: this project's own keys, those under `prefix` in a whole
    /// model's checkpoint, and the formats of every part that is `ExternalWeights`; prefixes added
    /// by wrappers and whole models are skipped. The naming that matches most tensors is used.
    /// Shapes must be equal, except where a part can adapt them. The file is refused for a tensor
    /// that has no place here and that its format does not name as unneeded; at the usual share
    /// also where it leaves a tensor of a backbone, or of a part with formats, unfilled.
    ///
    /// - Parameters:
    ///   - tensors: those of the file, by the file's keys
    ///   - prefix: the component's prefix in a whole model, such as `backbone`
    ///   - outer: the prefix of the model to take, where the file holds it more than once, such as
    ///     `teacher`; nil: it is found
    ///   - reinitialize: patterns of this module's keys whose tensors keep their initial values
    ///   - ignore: patterns of the file's keys that are not loaded
    ///   - atLeast: the share, 0…1, of the tensors that the file has to fill; only parts that the
    ///     file has tensors for count, unless it is 1
    ///   - unread: the tensors of the file that cannot be read
    ///   - source: the file's name, for messages
    /// - Throws: `LoadError` where the file does not fit, `CheckpointError` for a needed tensor
    ///   that cannot be read, `SettingError` for patterns that match nothing and where the file
    ///   holds the model more than once; before anything is copied.
    @discardableResult
    public func loadPretrained(
        _ tensors: [String: Tensor], prefix: String = "", behind outer: String? = nil,
        reinitialize: [String] = [],
        ignore: [String] = [], atLeast: Double = WeightsSetting.usualShare,
        unread: [String: UnreadTensor] = [:], source: String
    ) throws -> LoadReport {
        let own = try namedTensors().map(\.name)
        let kept = own.filter { name in reinitialize.contains { KeyPattern($0).matches(name) } }
        if let idle = reinitialize.first(where: { !kept.contains(where: KeyPattern($0).matches) }) {
            let parts = Set(own.map(part)).sorted().joined(separator: ", ")
            throw SettingError(
                "reinitialize: no tensor's key begins with '\(idle)'; they begin with: \(parts)")
        }
        let fileKeys = Array(tensors.keys) + Array(unread.keys)
        let leftOut = fileKeys.filter { key in ignore.contains { KeyPattern($0).matches(key) } }
        if let idle = ignore.first(where: { !leftOut.contains(where: KeyPattern($0).matches) }) {
            let parts = Set(fileKeys.map(part)).sorted().joined(separator: ", ")
            throw SettingError(
                "ignore: no key of the file begins with '\(idle)'; they begin with: \(parts)")
        }
        let wrapped = WrapperNames(Set(fileKeys).subtracting(leftOut), keeping: own)
        let fileKey = Dictionary(wrapped.keys.map { ($1, $0) }) { first, _ in first }
        let naming = try NamingSearch(self, part: prefix).best(
            fileKey.mapValues { tensors[$0]?.shape }, behind: outer.map(wrapped.bare))

        var request = LoadRequest(
            format: naming.title(without: wrapped.removed), scope: naming.scope,
            optional: try unpublishedKeys(),
            reinitialize: Set(kept), atLeast: atLeast, ignored: naming.ignored)
        if atLeast == 1 {
            request.scope = []
            request.optional = []
        }
        if atLeast >= WeightsSetting.usualShare, atLeast < 1 { request.whole = try wholeParts() }
        func original(_ keys: [String]) -> [String] { keys.compactMap { fileKey[$0] }.sorted() }
        request.unplaced = original(naming.unplaced)
        request.elsewhere = original(naming.elsewhere)
        request.leftOut = leftOut.sorted()
        request.unread = unread

        var ordered = tensors
        var keys = [String: String]()
        for (bare, name) in naming.keys { keys[fileKey[bare] ?? bare] = name }
        for (bare, value) in naming.values {
            guard let key = fileKey[bare], let tensor = tensors[key] else { continue }
            ordered[key] = try withoutGrad { try value(tensor) }
        }
        var adapters = try namedModules().compactMap { path, module in
            (module as? any WeightAdapting).map { (path, $0) }
        }
        adapters.sort { $0.0.count > $1.0.count }  // the deepest module knows best
        return try load(ordered, keys: keys, request, source: source) { tensor, name, shape in
            for (path, adapter) in adapters where path.isEmpty || name.hasPrefix(path + ".") {
                return try adapter.adapted(
                    tensor, String(name.dropFirst(path.isEmpty ? 0 : path.count + 1)), to: shape)
            }
            return nil
        }
    }

    /// What published weights of any part below usually lack.
    func unpublishedKeys() throws -> [String] {
        try namedModules().flatMap { path, module in
            let keys = (module as? any ExternalWeights).map { type(of: $0).unpublishedKeys } ?? []
            return path.isEmpty ? keys : keys.map { path + "." + $0 }
        }
    }

    /// The parts that a file has to fill whole where it speaks of them: backbones, and what other
    /// projects publish.
    private func wholeParts() throws -> [String] {
        try namedModules().filter { _, module in
            module is any Backbone || (module is any ExternalWeights && !(module is DenseModel))
        }.map(\.0)
    }

    /// The part of a model that a key belongs to.
    private func part(_ key: String) -> String { String(key.prefix { $0 != "." }) }
}
