/// A count of findings, with the first three as examples.
public struct FindingCount: Sendable {
    /// The number of findings.
    public private(set) var count = 0
    private var first: [(order: Int, text: String)] = []

    /// No findings.
    public init() {}

    /// Counts one finding; `text` is evaluated only if it is among the first three.
    ///
    /// - Parameters:
    ///   - text: an example of the finding
    ///   - order: examples are sorted by it, such as the index of the sample; equal ones stay in
    ///     the order in which they were added
    public mutating func add(_ text: @autoclosure () -> String, order: Int = 0) {
        count += 1
        insert(order, text)
    }

    mutating func add(_ other: FindingCount) {
        count += other.count
        for (order, text) in other.first { insert(order) { text } }
    }

    private mutating func insert(_ order: Int, _ text: () -> String) {
        let place = first.firstIndex { $0.order > order } ?? first.count
        guard place < 3 else { return }
        first.insert((order, text()), at: place)
        if first.count > 3 { first.removeLast() }
    }

    /// The examples as text: `a`, `a and b`, `a, b and c`, or `a, b, c, …` where there are more.
    public var examples: String {
        let texts = first.map(\.text)
        guard count <= texts.count, let last = texts.last else {
            return texts.joined(separator: ", ") + ", …"
        }
        return texts.count == 1 ? last : texts.dropLast().joined(separator: ", ") + " and " + last
    }
}
