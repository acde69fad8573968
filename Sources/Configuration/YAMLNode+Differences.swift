extension YAMLNode {
    /// A value that differs between two configurations.
    public struct Difference: Sendable, Equatable, CustomStringConvertible {
        /// The keys that lead to the value, such as `optimizer.lr`.
        public let path: String
        /// The old value as YAML on one line; `not set` where there was none.
        public let old: String
        /// The new value as YAML on one line; `not set` where there is none.
        public let new: String

        /// `optimizer.lr: 0.001 → 0.0005`
        public var description: String { "\(path): \(old) → \(new)" }
    }

    /// The values that differ from `old`. Numbers are compared as numbers: `1e-4` equals `0.0001`.
    /// A list whose length changed is one difference.
    public func differences(from old: YAMLNode) -> [Difference] {
        var found: [Difference] = []
        compare(old, with: self, [], &found)
        return found
    }

    private func compare(
        _ old: YAMLNode?, with new: YAMLNode?, _ path: [String], _ found: inout [Difference]
    ) {
        guard let old, let new else { return add(old, new, path, &found) }
        switch (old.value, new.value) {
        case (.mapping(let a), .mapping(let b)):
            for key in a.keys + b.keys.filter({ a[$0] == nil }) {
                compare(a[key], with: b[key], path + [key], &found)
            }
        case (.sequence(let a), .sequence(let b))
        where a.count == b.count && a.contains(where: { $0.mapping != nil }):
            for (index, pair) in zip(a, b).enumerated() {
                compare(pair.0, with: pair.1, path + ["\(index)"], &found)
            }
        case (.sequence(let a), .sequence(let b)) where (a + b).contains { $0.mapping != nil }:
            found.append(
                Difference(
                    path: path.joined(separator: ".").onOneLine, old: old.whole, new: new.whole))
        default:
            if !old.means(new) { add(old, new, path, &found) }
        }
    }

    private func add(
        _ old: YAMLNode?, _ new: YAMLNode?, _ path: [String], _ found: inout [Difference]
    ) {
        if old?.isNull ?? true, new?.isNull ?? true { return }
        found.append(
            Difference(
                path: path.joined(separator: ".").onOneLine, old: old?.flow.shortened ?? "not set",
                new: new?.flow.shortened ?? "not set"))
    }

    /// Equal, with numbers as numbers.
    private func means(_ other: YAMLNode) -> Bool {
        if let a = scalar?.number, let b = other.scalar?.number { return a == b }
        if let a = sequence, let b = other.sequence {
            return a.count == b.count && zip(a, b).allSatisfy { $0.means($1) }
        }
        return self == other
    }

    /// The value on one line, with all settings of components.
    private var whole: String {
        switch value {
        case .null, .scalar: flow
        case .sequence(let nodes): "[\(nodes.map(\.whole).joined(separator: ", "))]"
        case .mapping(let mapping):
            "{\(mapping.entries.map { "\($0.key): \($0.value.whole)" }.joined(separator: ", "))}"
        }
    }

    /// The value on one line, components by their types.
    private var flow: String {
        switch value {
        case .null: "null"
        case .scalar(let scalar): scalar.text
        case .sequence(let nodes): "[\(nodes.map(\.flow).joined(separator: ", "))]"
        case .mapping(let mapping):
            mapping["type"].map(\.flow)
                ?? "{\(mapping.entries.map { "\($0.key): \($0.value.flow)" }.joined(separator: ", "))}"
        }
    }
}
