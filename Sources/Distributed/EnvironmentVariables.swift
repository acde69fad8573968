import DenseKitErrors

/// The variables of an environment; an empty one counts as not set.
struct EnvironmentVariables {
    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values.filter { !$0.value.isEmpty } }

    subscript(_ name: String) -> String? { values[name] }

    /// The number in the variable `name`; nil where it is not set.
    ///
    /// - Parameter meaning: what it counts, for the message
    func number(
        _ name: String, _ meaning: String, in range: ClosedRange<Int> = 0...maximum
    ) throws(ProcessEnvironmentError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range ~= number else {
            let limit =
                range.upperBound == Self.maximum
                ? "of at least \(range.lowerBound)" : "of \(range.lowerBound)…\(range.upperBound)"
            throw ProcessEnvironmentError(
                variable: name, problem: "expected a number \(limit), found '\(text)'",
                remedy: "set it to \(meaning)")
        }
        return number
    }

    /// The number in the variable `name`, which must be set.
    ///
    /// - Parameter reason: why it must be, a clause such as `RANK is set`
    func required(
        _ name: String, _ meaning: String, because reason: String,
        in range: ClosedRange<Int> = 0...maximum
    ) throws(ProcessEnvironmentError) -> Int {
        if let number = try number(name, meaning, in: range) { return number }
        throw .missing(name, meaning, because: reason)
    }

    /// More processes than any machine has.
    static let maximum = 1_000_000
    static let ports = 1...65535
}

/// Variables of the environment that do not say which of several processes this one is.
public struct ProcessEnvironmentError: DenseKitError, Equatable {
    /// The name of the variable that is missing or wrong.
    public let variable: String
    public let problem: String
    public let remedy: String?

    public var place: String? { variable }
    public var origin: ErrorOrigin { .environment }

    static func missing(_ name: String, _ meaning: String, because reason: String) -> Self {
        ProcessEnvironmentError(
            variable: name, problem: "is not set, but \(reason)",
            remedy: "Set it to \(meaning), or give \(Term.oneProcess) for one process.")
    }
}
