/// An error of DenseKit or of a plugin: where it happened, what is wrong, what to do about it, and
/// what has to be changed.
///
/// All errors have the same form, because the text is composed of these properties in one place:
///
///     a.yaml:12:3: unknown key 'chanels' in FPN; did you mean 'channels'? (keys: channels, num_outs)
///
/// A conforming type implements `problem` and `origin` and, where they are known, `place` and
/// `remedy`. It has no `description` of its own.
public protocol DenseKitError: Error, CustomStringConvertible, Sendable {
    /// What the error is about: `FILE:LINE:COLUMN`, the path of a file, an image, a tensor of the
    /// model; nil where `problem` contains it.
    var place: String? { get }
    /// What was expected and what was found.
    var problem: String { get }
    /// What to do: the rest of a sentence, or sentences that begin with a capital letter; nil where
    /// `problem` contains it.
    var remedy: String? { get }
    /// What has to be changed. The exit code of the command line follows from it.
    var origin: ErrorOrigin { get }
}

/// The origin of an error: what has to be changed.
public enum ErrorOrigin: String, Sendable, CaseIterable {
    /// A value of a configuration, or of a golden case.
    case configuration
    /// What was read or passed: images, annotations, weights, checkpoints, arguments of a call.
    case input
    /// The machine: disks, memory, devices, other processes.
    case environment
    /// Code: of a component, of a program that uses DenseKit, or of DenseKit itself.
    case program
    /// Nothing: the work was stopped on request.
    case interruption
}

extension DenseKitError {
    /// Nil: `problem` names what the error is about.
    public var place: String? { nil }
    /// Nil: `problem` contains what to do.
    public var remedy: String? { nil }

    /// `place: problem; remedy`.
    ///
    /// A remedy that begins with a capital letter is a sentence of its own, and on a line of its
    /// own where the problem has several lines.
    public var description: String {
        let text = (place.map { "\($0): " } ?? "") + problem
        guard let remedy, let first = remedy.first else { return text }
        let separator = problem.contains("\n") ? "\n" : first.isUppercase ? ". " : "; "
        return text + separator + remedy
    }
}

extension ErrorOrigin {
    /// The origin of a `DenseKitError`; `program` for any other error. For errors that wrap another
    /// one.
    public init(of error: any Error) { self = (error as? any DenseKitError)?.origin ?? .program }
}
