import DenseKitErrors

/// An error in a configuration: where it is, what was expected and found, and what to do. It prints
/// one line:
///
///     a.yaml:12:3: unknown key 'chanels' in FPN; did you mean 'channels'? (keys: channels, num_outs)
public struct ConfigurationError: DenseKitError, Hashable {
    /// What kind of mistake it is, for code that treats some of them differently.
    public enum Kind: Hashable, Sendable {
        /// A key that its mapping does not have. The location is that of the key.
        case unknownKey
        /// A component that is not registered.
        ///
        /// - `kind` is the kind of component that was expected: `loss`
        /// - `isNear` says whether a registered name is so near that it was probably meant
        case unknownComponent(kind: String, isNear: Bool)
        /// A value that has to be there, at the end of these keys; empty where they are not known.
        case missing([String])
        /// Any other mistake.
        case other
    }

    /// The location of the key or value to change.
    public let location: SourceLocation
    /// What is wrong, without the location.
    public let message: String
    /// What the user can do; nil where that is not known.
    public let hint: String?
    /// The kind of mistake.
    public let kind: Kind

    /// An error at `location`.
    ///
    /// - Parameters:
    ///   - location: the place of the mistake
    ///   - message: what is wrong, without the location
    ///   - hint: what the user can do; nil where that is not known
    ///   - kind: the kind of mistake
    public init(
        at location: SourceLocation, _ message: String, hint: String? = nil, kind: Kind = .other
    ) {
        self.location = location
        self.message = message
        self.hint = hint
        self.kind = kind
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
