import Checkpoints

extension Module {
    /// Copies the tensors of a file, which may be of another project, into this model or component.
    ///
    /// The file's naming is recognised: this project's own keys, those behind `prefix` in a whole model's checkpoint, and the formats of
    /// every part that is `PretrainedElsewhere`; the one that matches most counts. Shapes must agree, but for what a part can adapt.
    ///
    /// - Parameters:
    ///   - prefix: where the component stands in a whole model, such as `backbone`
    ///   - reinitialize: key prefixes that keep their values of the start
    ///   - atLeast: the share of the tensors that have to be there; only the parts count that the file speaks of, unless it is 1
    ///   - source: the file's name, for messages
    /// - Throws: `LoadError`, before anything is copied; `SettingError` for a prefix in `reinitialize` that no key has.
    @discardableResult
    public func loadPretrained(
        _ tensors: [String: Tensor], prefix: String = "", reinitialize: [String] = [],
        atLeast: Double = WeightsSetting.usualShare, source: String
    ) throws -> LoadReport {
        let own = try namedTensors()
        let naming = try bestNaming(of: tensors.keys.sorted(), among: Set(own.map(\.name)), prefix: prefix)
        let kept = own.map(\.name).filter { name in reinitialize.contains { name == $0 || name.hasPrefix($0 + ".") } }
        if let idle = reinitialize.first(where: { prefix in !kept.contains { $0 == prefix || $0.hasPrefix(prefix + ".") } }) {
            let parts = Set(own.map { part($0.name) }).sorted().joined(separator: ", ")
            throw SettingError("reinitialize: no tensor's key begins with '\(idle)'; they begin with: \(parts)")
        }
        var adapters = try namedModules().compactMap { path, module in (module as? any WeightAdapting).map { (path, $0) } }
        adapters.sort { $0.0.count > $1.0.count }  // the deepest module knows best
        var tensors = tensors
        for (fileKey, value) in naming.values {
            if let tensor = tensors[fileKey] { tensors[fileKey] = try withoutGrad { try value(tensor) } }
        }
        let request = LoadRequest(
            format: naming.format, scope: atLeast == 1 ? [] : naming.scope, optional: atLeast == 1 ? [] : try unpublishedKeys(),
            reinitialize: Set(kept), atLeast: atLeast, ignored: naming.ignored)
        return try load(tensors, keys: naming.keys, request, source: source) { tensor, name, shape in
            for (path, adapter) in adapters where path.isEmpty || name.hasPrefix(path + ".") {
                return try adapter.adapted(tensor, String(name.dropFirst(path.isEmpty ? 0 : path.count + 1)), to: shape)
            }
            return nil
        }
    }

    /// One reading of a file's keys.
    private struct Naming {
        var format: String?
        /// The model's key by the file's.
        var keys: [String: String]
        /// Prefixes of what the format speaks of; empty: everything.
        var scope: [String] = []
        /// Keys of the file that the format has no use for.
        var ignored = 0
        /// Brings a tensor to this project's order of elements, by the file's key.
        var values: [String: (Tensor) throws -> Tensor] = [:]

        /// The same without what the model computes by itself.
        func without(_ derived: Set<String>) -> Naming {
            var naming = self
            naming.keys = keys.filter { !derived.contains($0.value) }
            naming.ignored += keys.count - naming.keys.count
            return naming
        }
    }

    /// What published weights of any part below usually lack.
    private func unpublishedKeys() throws -> [String] {
        try namedModules().flatMap { path, module in
            let keys = (module as? any PretrainedElsewhere).map { type(of: $0).unpublishedKeys } ?? []
            return path.isEmpty ? keys : keys.map { path + "." + $0 }
        }
    }

    /// The part of a model that a key belongs to.
    private func part(_ key: String) -> String { String(key.prefix { $0 != "." }) }

    private func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : path + "." + key }

    private func bestNaming(of fileKeys: [String], among names: Set<String>, prefix: String) throws -> Naming {
        let parts = Set(names.map(part)).intersection(fileKeys.map(part))
        var candidates = [Naming(keys: Dictionary(uniqueKeysWithValues: fileKeys.map { ($0, $0) }), scope: parts.sorted())]
        if !prefix.isEmpty {
            let behind = fileKeys.filter { $0.hasPrefix(prefix + ".") }
            let keys = Dictionary(uniqueKeysWithValues: behind.map { ($0, String($0.dropFirst(prefix.count + 1))) })
            candidates.append(
                Naming(format: "the part '\(prefix)' of a whole model", keys: keys, ignored: fileKeys.count - keys.count))
        }
        let published = try namedModules().compactMap { path, module in (module as? any PretrainedElsewhere).map { (path, $0) } }
        let formats = published.flatMap { path, part in type(of: part).weightFormats.map { (path, $0) } }
        for name in Set(formats.map(\.1.name)).sorted() {
            var naming = Naming(format: name, keys: [:])
            for (path, format) in formats where format.name == name {
                naming.scope.append(path)
                for fileKey in fileKeys {
                    guard let key = format.key(fileKey) else { continue }
                    naming.keys[fileKey] = join(path, key)
                    if let value = format.value { naming.values[fileKey] = { try value(key, $0) } }
                }
            }
            naming.ignored = fileKeys.count - naming.keys.count
            candidates.append(naming)
        }
        let derived = try namedModules().flatMap { path, module in
            ((module as? any Deriving)?.derivedKeys ?? []).map { join(path, $0) }
        }
        candidates = candidates.map { $0.without(Set(derived)) }
        // Where several match equally, the one that leaves less over speaks more plainly.
        func score(_ naming: Naming) -> (Int, Int) {
            let found = Set(naming.keys.values)
            return (found.intersection(names).count, -found.subtracting(names).count)
        }
        let scored = candidates.map { (naming: $0, score: score($0)) }.filter { $0.score.0 > 0 }
        let best = scored.enumerated().max { a, b in
            a.element.score != b.element.score ? a.element.score < b.element.score : a.offset > b.offset
        }
        return best?.element.naming ?? candidates[0]
    }
}
