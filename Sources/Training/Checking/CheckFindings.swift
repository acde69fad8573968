/// What a check found: problems, which stop a run or spoil its result, and warnings. Each is one or
/// more sentences with the place of the mistake; none is listed twice.
public struct CheckFindings: Sendable {
    /// What stops a run or spoils its result, in the order in which it was found.
    public private(set) var problems: [String] = []
    /// What a user may not have meant, in the order in which it was found.
    public private(set) var warnings: [String] = []
    private var known: Set<String> = []

    /// Findings that begin with `problems`, and no warnings.
    public init(problems: [String] = []) {
        self.problems = problems
        known = Set(problems)
    }

    mutating func add(problem: String) {
        if known.insert(problem).inserted { problems.append(problem) }
    }

    mutating func add(warning: String) {
        if known.insert(warning).inserted { warnings.append(warning) }
    }
}
