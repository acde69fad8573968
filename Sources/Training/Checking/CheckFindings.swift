/// What a check finds: problems, which stop a run or spoil its result, and warnings. Each is one sentence or more with its place; none is
/// said twice.
public struct CheckFindings: Sendable {
    /// In the order in which they were found.
    public private(set) var problems: [String] = []
    public private(set) var warnings: [String] = []
    private var known: Set<String> = []

    public init(problems: [String] = []) { (self.problems, known) = (problems, Set(problems)) }

    mutating func add(problem: String) {
        if known.insert(problem).inserted { problems.append(problem) }
    }

    mutating func add(warning: String) {
        if known.insert(warning).inserted { warnings.append(warning) }
    }
}
