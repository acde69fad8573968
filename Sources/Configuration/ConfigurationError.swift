import DenseKitErrors

/// An error in a configuration: where it is, what was expected and found, and what to do. It prints
/// one line:
///
///     a.yaml:12:3: unknown key 'chanels' in FPN; did you mean 'channels'? (keys: channels, num_outs)
public struct ConfigurationError: DenseKitError, Hashable {
    /// The location of the key or value to change.
    public let location: SourceLocation
    /// What is wrong, without the location.
    public let message: String
    /// What the user can do; nil where that is not known.
    public let hint: String?

    /// An error at `location`.
    public init(at location: SourceLocation, _ message: String, hint: String? = nil) {
        self.location = location
        self.message = message
        self.hint = hint
    }
}

extension ConfigurationError {
    /// `FILE:LINE:COLUMN`.
    public var place: String? { "\(location)" }
    public var problem: String { message }
    public var remedy: String? { hint }
    public var origin: ErrorOrigin { .configuration }
}

extension StringProtocol {
    /// The text with its control characters as spaces, so that a message stays one line.
    var onOneLine: String {
        guard unicodeScalars.contains(where: \.breaksLines) else { return String(self) }
        var line = String.UnicodeScalarView()
        for scalar in unicodeScalars { line.append(scalar.breaksLines ? " " : scalar) }
        return String(line)
    }

    /// One line of at most 60 characters.
    var shortened: String {
        let head = prefix(60)
        return head.endIndex == endIndex ? onOneLine : head.onOneLine + "…"
    }
}

extension Unicode.Scalar {
    /// Control characters and Unicode's line and paragraph separators.
    var breaksLines: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
