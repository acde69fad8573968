/// A pattern for checkpoint keys, as settings name tensors: the first names of a key, such as
/// `decode_head.conv_seg` or `blocks.*.gamma_1`, where `*` is any one name between two dots.
public struct KeyPattern: Sendable {
    private let parts: [Substring]

    /// The pattern written as `text`: names separated by dots, `*` for any one name.
    public init(_ text: String) {
        parts = text.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Whether `key` begins with the names of the pattern: the tensor itself, or one below it.
    public func matches(_ key: String) -> Bool {
        let names = key.split(separator: ".", omittingEmptySubsequences: false)
        return names.count >= parts.count && zip(parts, names).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// The shortest beginnings under which all of `names` lie and none of `others`, with `*` for
    /// the numbers in which several differ.
    static func covering(_ names: [String], but others: [String]) -> [String] {
        let taken = Set(others.flatMap(beginnings))
        var seen: Set<String> = []
        let shortest = names.map { name in beginnings(name).first { !taken.contains($0) } ?? name }
        return grouped(shortest.filter { seen.insert($0).inserted }).map(\.pattern)
    }

    /// `names` with those as one that differ only in their numbers, in order of the first of each.
    static func grouped(_ names: [String]) -> [(pattern: String, count: Int)] {
        var order = [String]()
        var members = [String: [String]]()
        for name in names {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            let pattern = parts.map { Int($0) == nil ? $0 : "*" }.joined(separator: ".")
            if members[pattern] == nil { order.append(pattern) }
            members[pattern, default: []].append(name)
        }
        return order.map { pattern in
            let same = members[pattern] ?? []
            return (same.count == 1 ? same[0] : pattern, same.count)
        }
    }

    /// `a`, `a.b`, `a.b.c` of `a.b.c`.
    private static func beginnings(_ name: String) -> [String] {
        name.indices.filter { name[$0] == "." }.map { String(name[..<$0]) } + [name]
    }
}
