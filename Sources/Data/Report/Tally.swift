/// How often something was found, and the first three places.
public struct Tally: Sendable {
    public private(set) var count = 0
    private var first: [(order: Int, text: String)] = []

    public init() {}

    /// - Parameter order: places are told in this order, whatever the order in which they come; those of equal order as they come.
    public mutating func add(_ text: @autoclosure () -> String, order: Int = 0) {
        count += 1
        insert(order, text)
    }

    mutating func add(_ other: Tally) {
        count += other.count
        for (order, text) in other.first { insert(order) { text } }
    }

    private mutating func insert(_ order: Int, _ text: () -> String) {
        let place = first.firstIndex { $0.order > order } ?? first.count
        guard place < 3 else { return }
        first.insert((order, text()), at: place)
        if first.count > 3 { first.removeLast() }
    }

    /// `a`, `a and b`, `a, b and c`, or `a, b, c, …`.
    public var examples: String {
        let texts = first.map(\.text)
        guard count <= texts.count, let last = texts.last else { return texts.joined(separator: ", ") + ", …" }
        return texts.count == 1 ? last : texts.dropLast().joined(separator: ", ") + " and " + last
    }
}
