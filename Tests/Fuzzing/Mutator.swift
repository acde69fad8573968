/// Damages bytes the way files get damaged, and the way attackers damage them. The same seed gives
/// the same damage, everywhere.
public struct Mutator {
    private var state: UInt64
    private let tokens: [[UInt8]]

    /// - Parameter tokens: what means something to the reader; one in four changes puts one of them
    ///   in.
    public init(seed: UInt64, tokens: [String] = []) {
        state = seed
        self.tokens = tokens.map { Array($0.utf8) }
    }

    /// `bytes` with one to four changes: bits, bytes, lengths, and pieces cut, copied or swapped.
    public mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...below(4) { change(&result) }
        return result
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(UInt8(truncatingIfNeeded: next())) }
        let place = below(bytes.count)
        let piece = place..<min(bytes.count, place + 1 + below(40))
        switch below(tokens.isEmpty ? 9 : 12) {
        case 0: bytes[place] ^= 1 << UInt8(below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
        case 2: bytes[place] = bytes[below(bytes.count)]
        case 3: bytes.removeSubrange(piece)
        case 4: bytes.removeLast(bytes.count - place)
        case 5: bytes.insert(contentsOf: bytes[piece], at: below(bytes.count + 1))
        case 6: bytes.swapAt(place, below(bytes.count))
        case 7: overwrite(&bytes, at: place)
        case 8:
            for (offset, value) in Array(bytes[piece]).enumerated()
            where place + offset < bytes.count {
                bytes[(place + offset + below(64)) % bytes.count] = value
            }
        default: bytes.insert(contentsOf: tokens[below(tokens.count)], at: place)
        }
    }

    /// A number of 1, 2, 4 or 8 bytes at the edge of what its readers count with.
    private mutating func overwrite(_ bytes: inout [UInt8], at place: Int) {
        let edges: [UInt64] = [
            0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 60,
            1 << 63, .max,
        ]
        let value = edges[below(edges.count)]
        for index in 0..<(1 << below(4)) where place + index < bytes.count {
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
    }

    /// A number from 0 to below `limit`.
    public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// splitmix64
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
