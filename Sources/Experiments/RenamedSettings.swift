import DenseKitComponents

/// Settings that have a new name. The old one keeps its effect, with a warning.
enum RenamedSettings {
    /// The old keys, and the new last key.
    private static let all = [(old: ["data", "orientation_run"], new: "aspect_ratio_grouping")]

    /// `node` with the new names, and a warning for each old one in it.
    ///
    /// Where both names are there, one from the file itself or from an assignment takes precedence
    /// over one from a base of `file`.
    ///
    /// - Throws: `ConfigurationError` where both names are in the same place.
    static func apply(to node: YAMLNode, of file: String) throws -> (
        node: YAMLNode, warnings: [String]
    ) {
        var node = node
        var warnings: [String] = []
        for setting in all {
            let parent = setting.old.dropLast()
            guard var mapping = parent.reduce(node, { $0?[$1] })?.mapping,
                let key = setting.old.last, let old = mapping.remove(key)
            else { continue }
            let name = parent.joined(separator: ".") + "." + setting.new
            if let new = mapping.entry(setting.new) {
                let oldRank = rank(old.keyLocation, in: file)
                let newRank = rank(new.keyLocation, in: file)
                if oldRank == newRank {
                    throw ConfigurationError(
                        at: old.keyLocation,
                        "\(setting.old.joined(separator: ".")) is the old name of \(name), which is set too (\(new.keyLocation))",
                        hint: "remove the old name")
                }
                if newRank > oldRank {
                    node = node.without(path: setting.old)
                    continue
                }
            }
            mapping.set(setting.new, to: old.value, keyLocation: old.keyLocation)
            node = replacing(node, parent, with: mapping)
            warnings.append(
                "\(old.keyLocation): \(setting.old.joined(separator: ".")) has a new name: write \(name)"
            )
        }
        return (node, warnings)
    }

    /// 0 for a base of `file`, 1 for the file itself, 2 for assignments.
    private static func rank(_ location: SourceLocation, in file: String) -> Int {
        location.file == nil ? 2 : location.file == file ? 1 : 0
    }

    private static func replacing(
        _ node: YAMLNode, _ path: ArraySlice<String>, with value: YAMLNode.Mapping
    ) -> YAMLNode {
        guard let key = path.first, var mapping = node.mapping, let child = mapping[key] else {
            return YAMLNode(.mapping(value), at: node.location)
        }
        mapping.set(key, to: replacing(child, path.dropFirst(), with: value))
        return YAMLNode(.mapping(mapping), at: node.location)
    }
}

extension YAMLNode {
    /// The configuration with the current names of settings that were renamed.
    ///
    /// - Parameter file: the configuration's own file; others are its bases
    /// - Throws: `ConfigurationError` where the old and the new name are in the same place.
    package func withCurrentNames(of file: String) throws -> YAMLNode {
        try RenamedSettings.apply(to: self, of: file).node
    }
}
