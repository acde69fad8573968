import DenseKit

/// The names of all classes laid in one row of tokens without padding, sorted into groups of equal length.
struct Prompts {
    /// The token that every prompt begins with.
    let start: Int
    /// The tokens after the start token, the end token included, group after group: `[t]`.
    private(set) var tokens: [Int64] = []
    /// Each token's position in its prompt.
    private(set) var positions: [Int64] = []
    /// Names of equal length: where their tokens start in the row, how many names, and how many tokens each.
    private(set) var groups: [Group] = []
    /// For every class, in class order, the place of its end token in the row.
    let ends: [Int64]
    /// For every class, in class order, its place in the order of the groups.
    let order: [Int64]

    struct Group {
        let start: Int
        let count: Int
        let length: Int
    }

    /// - Parameters:
    ///   - contexts: positions between the start token and the name
    ///   - limit: positions the encoder has
    init(_ rows: [[Int]], contexts: Int, positions limit: Int) throws {
        guard let start = rows.first?.first, rows.allSatisfy({ $0.first == start }) else {
            throw SettingError("prompts need at least one class, and one start token for all of them")
        }
        self.start = start
        // The end token is the first of the largest ids, as CLIP finds it.
        let lengths = rows.map { row in row.firstIndex(of: row.max() ?? 0) ?? 0 }
        guard let longest = lengths.max(), lengths.allSatisfy({ $0 > 0 }) else {
            throw SettingError("a row of token ids has no end token after its start")
        }
        guard longest + contexts < limit else {
            throw SettingError(
                "a prompt of \(longest + contexts + 1) tokens (1 start, \(contexts) contexts, \(longest) of the name and end) does not fit "
                    + "into \(limit) positions")
        }
        var ends = [Int64](repeating: 0, count: rows.count)
        var order = [Int64](repeating: 0, count: rows.count)
        var placed: Int64 = 0
        for length in Set(lengths).sorted() {
            let members = rows.indices.filter { lengths[$0] == length }
            groups.append(Group(start: tokens.count, count: members.count, length: length))
            for member in members {
                for index in 1...length {
                    tokens.append(Int64(rows[member][index]))
                    positions.append(Int64(contexts + index))
                }
                ends[member] = Int64(tokens.count - 1)
                order[member] = placed
                placed += 1
            }
        }
        (self.ends, self.order) = (ends, order)
    }
}
