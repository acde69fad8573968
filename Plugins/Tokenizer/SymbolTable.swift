/// Byte strings numbered in the order of their insertion; open addressing, because a vocabulary's
/// 49,406 symbols are looked up at every start.
struct SymbolTable {
    private var bytes: [UInt8] = []
    /// Where each symbol ends in `bytes`; it starts where the one before ends.
    private var ends: [Int] = []
    /// The symbol in each slot, -1 where there is none. A power of two, and never full.
    private var slots: [Int32]

    /// - Parameter capacity: the most symbols that will be inserted.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
        ends.reserveCapacity(capacity)
        bytes.reserveCapacity(8 * capacity)
    }

    /// The number of `symbol`, if it was inserted.
    subscript(symbol: ArraySlice<UInt8>) -> Int32? {
        let found = slots[slot(of: symbol)]
        return found < 0 ? nil : found
    }

    /// Gives `symbol` the next number; false, and no change, where it has one already.
    mutating func insert(_ symbol: ArraySlice<UInt8>) -> Bool {
        let place = slot(of: symbol)
        guard slots[place] < 0 else { return false }
        slots[place] = Int32(ends.count)
        bytes += symbol
        ends.append(bytes.count)
        return true
    }

    /// The slot that holds `symbol`, or the empty one where it belongs.
    private func slot(of symbol: ArraySlice<UInt8>) -> Int {
        // Seeded again in each process, so that no file can put its symbols into one slot.
        var hasher = Hasher()
        symbol.withUnsafeBytes { hasher.combine(bytes: $0) }
        var place = hasher.finalize() & (slots.count - 1)
        while slots[place] >= 0, !holds(Int(slots[place]), symbol) {
            place = (place + 1) & (slots.count - 1)
        }
        return place
    }

    private func holds(_ number: Int, _ symbol: ArraySlice<UInt8>) -> Bool {
        bytes[(number == 0 ? 0 : ends[number - 1])..<ends[number]].elementsEqual(symbol)
    }
}
