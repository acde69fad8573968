import DenseKitErrors

extension YAMLNode {
    /// The text of one value, before a Swift type reads it.
    ///
    /// Unquoted text is read by the core rules of YAML 1.2
    /// (https://yaml.org/spec/1.2.2/#103-core-schema): `1e-4` is a number; `on`, `yes` and `12:30`
    /// are strings. One rule is stricter: `010` is a string, because some readers take it for ten
    /// and others for eight.
    public struct Scalar: Sendable {
        /// The characters, without quotes and escapes.
        public let text: String
        /// Whether it was written without quotes, so that it may be a number, a Boolean or null.
        public let isPlain: Bool

        /// A scalar of the characters `text`, as if quoted unless `isPlain` is set.
        public init(_ text: String, isPlain: Bool = false) {
            self.text = text
            self.isPlain = isPlain
        }

        /// Whether it is a string: neither null nor a Boolean nor a number.
        public var isString: Bool { !isPlain || (!isNull && bool == nil && !isNumber) }

        var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

        var bool: Bool? {
            guard isPlain else { return nil }
            switch text {
            case "true", "True", "TRUE": return true
            case "false", "False", "FALSE": return false
            default: return nil
            }
        }

        /// The number, or nil for other text. Infinite where it is too large for a `Double`.
        var number: Double? {
            switch form {
            case .decimal, .fraction: Double(text)
            case .hexadecimal: Double(text)  // Swift reads `0x1F`
            case .octal:
                text.dropFirst(2).utf8.reduce(0) { $0 * 8 + Double($1 - UInt8(ascii: "0")) }
            case .infinity: text.hasPrefix("-") ? -.infinity : .infinity
            case .notANumber: .nan
            case nil: nil
            }
        }

        /// The integer; `.failure` when it is one that `I` cannot hold, nil for other text.
        func integer<I: FixedWidthInteger>(_ type: I.Type) -> Result<I, OutOfRange>? {
            let value: I?
            switch form {
            case .decimal: value = I(text, radix: 10)
            case .hexadecimal: value = I(text.dropFirst(2), radix: 16)
            case .octal: value = I(text.dropFirst(2), radix: 8)
            case .fraction, .infinity, .notANumber, nil: return nil
            }
            return value.map(Result.success) ?? .failure(OutOfRange())
        }

        struct OutOfRange: DenseKitError {
            var problem: String { "an integer beyond the type's range" }
            var origin: ErrorOrigin { .configuration }
        }

        private var isNumber: Bool { form != nil }

        private enum Form { case decimal, octal, hexadecimal, fraction, infinity, notANumber }

        private var form: Form? {
            guard isPlain else { return nil }
            var rest = Substring(text).utf8
            if let digits = text.utf8.count > 2 ? rest.dropFirst(2) : nil {
                if text.hasPrefix("0x") {
                    return digits.allSatisfy(\.isHexDigit) ? .hexadecimal : nil
                }
                if text.hasPrefix("0o") { return digits.allSatisfy(\.isOctalDigit) ? .octal : nil }
            }
            if [".nan", ".NaN", ".NAN"].contains(text) { return .notANumber }
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
                rest.removeFirst()
            }
            if [".inf", ".Inf", ".INF"].contains(String(rest)) { return .infinity }

            let whole = rest.prefix(while: \.isDigit)
            if whole.count > 1, whole.first == UInt8(ascii: "0") { return nil }
            rest.removeFirst(whole.count)
            if rest.isEmpty { return whole.isEmpty ? nil : .decimal }
            var digits = whole.count
            if rest.first == UInt8(ascii: ".") {
                rest.removeFirst()
                let fraction = rest.prefix(while: \.isDigit)
                rest.removeFirst(fraction.count)
                digits += fraction.count
            }
            guard digits > 0 else { return nil }
            if rest.isEmpty { return .fraction }
            guard rest.removeFirst() | 0x20 == UInt8(ascii: "e") else { return nil }
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
                rest.removeFirst()
            }
            return !rest.isEmpty && rest.allSatisfy(\.isDigit) ? .fraction : nil
        }
    }
}

extension YAMLNode.Scalar: Equatable {
    /// Whether both have the same text and meaning: `a` and `'a'` are equal, `1` and `'1'` are not.
    public static func == (a: YAMLNode.Scalar, b: YAMLNode.Scalar) -> Bool {
        a.text == b.text && a.isString == b.isString
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isOctalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(self) }
    fileprivate var isHexDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
