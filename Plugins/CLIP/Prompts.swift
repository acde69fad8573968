import DenseKitCore

/// The prompts of all classes without padding: what they share in front, and the rest of all of
/// them laid in one row of tokens, sorted into groups of equal length.
struct Prompts {
    /// The tokens that every prompt begins with: the start token; without contexts, all that the
    /// prompts have in common.
    let shared: [Int64]
    /// The tokens after the shared ones, the end token included, group after group: `[t]`.
    private(set) var tokens: [Int64] = []
    /// Each token's position in its prompt.
    private(set) var positions: [Int64] = []
    /// Prompts of equal length: where their tokens start in the row, how many prompts, and how many
    /// tokens each.
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
    ///   - contexts: positions between the start token and the rest
    ///   - limit: positions the encoder has
    init(_ rows: [[Int]], contexts: Int, positions limit: Int) throws {
        guard let first = rows.first, let start = first.first,
            rows.allSatisfy({ $0.first == start })
        else {
            throw SettingError(
                "prompts need at least one class, and one start token for all of them")
        }
        // The end token is the first of the largest ids, as CLIP finds it.
        let ends = rows.map { row in row.firstIndex(of: row.max() ?? 0) ?? 0 }
        guard let shortest = ends.min(), let longest = ends.max(), shortest > 0 else {
            throw SettingError("a row of token ids has no end token after its start")
        }
        guard longest + contexts < limit else {
            throw SettingError(
                "a prompt of \(longest + contexts + 1) tokens (1 start, \(contexts) contexts, \(longest) of the name and end) does not fit "
                    + "into \(limit) positions")
        }
        let common =
            contexts > 0
            ? 1
            : (1..<shortest).first { place in rows.contains { $0[place] != first[place] } }
                ?? shortest
        shared = first.prefix(common).map(Int64.init)
        var places = [Int64](repeating: 0, count: rows.count)
        var order = [Int64](repeating: 0, count: rows.count)
        var placed: Int64 = 0
        for end in Set(ends).sorted() {
            let members = rows.indices.filter { ends[$0] == end }
            groups.append(
                Group(start: tokens.count, count: members.count, length: end - common + 1))
            for member in members {
                for index in common...end {
                    tokens.append(Int64(rows[member][index]))
                    positions.append(Int64(contexts + index))
                }
                places[member] = Int64(tokens.count - 1)
                order[member] = placed
                placed += 1
            }
        }
        self.ends = places
        self.order = order
    }

    /// The lists of the same names as int64 tensors.
    struct Indices {
        let (shared, tokens, positions): (Tensor, Tensor, Tensor)
        let (ends, order): (Tensor, Tensor)
    }

    /// The lists on `device`, by one copy for all.
    func indices(on device: Device) throws -> Indices {
        let lists = try Tensor.from([shared, tokens, positions, ends, order], on: device)
        return Indices(
            shared: lists[0], tokens: lists[1], positions: lists[2], ends: lists[3],
            order: lists[4])
    }
}

/// The tokens before the names, on their way through the blocks: those that all images share, and
/// behind them those of each image.
struct Prefix {
    var shared: Tensor  // [1, s, d]
    var own: Tensor?  // [b, o, d]

    /// Of one token at least.
    var count: Int { shared.size(1) + (own?.size(1) ?? 0) }
    var batch: Int { own?.size(0) ?? 1 }

    /// - Parameters:
    ///   - tokens: of all images, in front: `[s', d]`
    ///   - shared: contexts of all images, behind them: `[1, m, d]`
    ///   - own: contexts of each image, behind those: `[b, o, d]`
    ///   - positions: the embedding of every position, `[p, d]`
    init(tokens: Tensor, shared: Tensor?, own: Tensor?, positions: Tensor) throws {
        let front = try tokens.unsqueezed(0)
        let all = try shared.map { try Tensor.cat([front, $0], dim: 1) } ?? front
        let count = all.size(1)
        self.shared = try all + positions.narrowed(0, 0, count)
        self.own = try own.map { try $0 + positions.narrowed(0, count, $0.size(1)) }
    }
}
