/// An error of DenseKit or of a plugin: where, what is wrong, what to do about it, and whose mistake it is.
///
/// All errors read alike, because the text is made in one place from these properties:
///
///     a.yaml:12:3: unknown key 'chanels' in FPN; did you mean 'channels'? (keys: channels, num_outs)
///
/// A type that conforms says `problem` and `origin`, and where they are known `place` and `remedy`. It has no
/// `description` of its own.
public protocol DenseKitError: Error, CustomStringConvertible, Sendable {
    /// What the error is about: `FILE:LINE:COLUMN`, the path of a file, an image, a tensor of the model; nil where
    /// the problem says it.
    var place: String? { get }
    /// What was expected and what was found.
    var problem: String { get }
    /// What to do: the rest of a sentence, or sentences that begin with a capital; nil where the problem says it.
    var remedy: String? { get }
    /// Whose mistake it is. The exit code of the command line follows from it.
    var origin: ErrorOrigin { get }
}

/// Whose mistake an error is: what has to be changed.
public enum ErrorOrigin: String, Sendable, CaseIterable {
    /// A value of a configuration, or of a golden case.
    case configuration
    /// What is read or asked for: images, annotations, weights, checkpoints, the arguments of a call.
    case input
    /// The machine: disks, memory, devices, other processes.
    case environment
    /// Code: of a component, of a program that uses DenseKit, or of DenseKit.
    case program
    /// Nobody's: the work was asked to stop.
    case interruption
}

extension DenseKitError {
    /// Nil.
    public var place: String? { nil }
    /// Nil.
    public var remedy: String? { nil }

    /// `place: problem; remedy`.
    ///
    /// A remedy that begins with a capital is a sentence of its own. One to a problem of several lines stands on a line of
    /// its own.
    public var description: String {
        let text = (place.map { "\($0): " } ?? "") + problem
        guard let remedy, let first = remedy.first else { return text }
        let separator = problem.contains("\n") ? "\n" : first.isUppercase ? ". " : "; "
        return text + separator + remedy
    }
}

extension ErrorOrigin {
    /// The origin of `error` where it says one; `program` for errors of other libraries.
    ///
    /// For an error that wraps another one and adds where it happened.
    public init(of error: any Error) { self = (error as? any DenseKitError)?.origin ?? .program }
}
