/// A type that reads and writes its node itself, without the containers of `Codable`.
protocol NodeConvertible {
    static func read(_ decoder: NodeDecoder) throws -> Self
    func written() throws -> YAMLNode
}

extension NodeConvertible where Self: FixedWidthInteger {
    static func read(_ decoder: NodeDecoder) throws -> Self {
        switch decoder.node?.scalar?.integer(Self.self) {
        case .success(let value): return value
        case .failure: throw decoder.expected("an integer from \(Self.min) to \(Self.max)")
        case nil:
            throw decoder.expected("an integer", hint: decoder.integerHint ?? decoder.numberHint)
        }
    }

    func written() -> YAMLNode { YAMLNode(YAMLNode.Scalar(description, isPlain: true)) }
}

extension Int: NodeConvertible {}
extension Int8: NodeConvertible {}
extension Int16: NodeConvertible {}
extension Int32: NodeConvertible {}
extension Int64: NodeConvertible {}
extension UInt: NodeConvertible {}
extension UInt8: NodeConvertible {}
extension UInt16: NodeConvertible {}
extension UInt32: NodeConvertible {}
extension UInt64: NodeConvertible {}

extension NodeConvertible where Self: BinaryFloatingPoint & LosslessStringConvertible {
    static func read(_ decoder: NodeDecoder) throws -> Self {
        guard let scalar = decoder.node?.scalar, let number = scalar.number else {
            throw decoder.expected("a number", hint: decoder.numberHint)
        }
        let value = Self(number)
        // No setting means anything by `.inf` or `.nan`, and neither is found by a comparison with
        // bounds later.
        if [".inf", ".nan"].contains(where: scalar.text.lowercased().hasSuffix) {
            throw decoder.expected("a finite number")
        }
        guard value.isFinite else {
            throw decoder.expected("a number up to \(Self.greatestFiniteMagnitude)")
        }
        return value
    }

    func written() -> YAMLNode {
        let text = isNaN ? ".nan" : isInfinite ? (self < 0 ? "-.inf" : ".inf") : description
        return YAMLNode(YAMLNode.Scalar(text, isPlain: true))
    }
}

extension Double: NodeConvertible {}
extension Float: NodeConvertible {}

extension NodeDecoder {
    /// The plain spelling of a whole number that is written as `8e4` or `1.0`.
    fileprivate var integerHint: String? {
        guard let number = node?.scalar?.number, let whole = Int(exactly: number) else {
            return nil
        }
        return "write \(whole)"
    }

    /// How a number is written, for what looks like one and is none.
    fileprivate var numberHint: String? {
        guard let scalar = node?.scalar, scalar.isString, !scalar.text.isEmpty else { return nil }
        if YAMLNode.Scalar(scalar.text, isPlain: true).number != nil { return "remove the quotes" }
        if scalar.text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
            return "remove the leading zeros"
        }
        let digits = scalar.text.filter { $0 != "_" && $0 != "," }
        return YAMLNode.Scalar(digits, isPlain: true).number == nil
            ? nil : "write \(digits.shortened)"
    }
}

extension Bool: NodeConvertible {
    static func read(_ decoder: NodeDecoder) throws -> Bool {
        if let value = decoder.node?.scalar?.bool { return value }
        let meant: String? =
            switch decoder.node?.scalar?.text.lowercased() {
            case "on", "yes", "y", "1", "true": "write true"
            case "off", "no", "n", "0", "false": "write false"
            default: nil
            }
        throw decoder.expected("true or false", hint: meant)
    }

    func written() -> YAMLNode { YAMLNode(YAMLNode.Scalar(description, isPlain: true)) }
}

extension String: NodeConvertible {
    static func read(_ decoder: NodeDecoder) throws -> String {
        guard let scalar = decoder.node?.scalar else {
            let isNull = decoder.node?.isNull == true
            throw decoder.expected(
                "a string",
                hint: isNull ? "write '' for the empty string, 'null' for the word" : nil)
        }
        return scalar.text
    }

    func written() -> YAMLNode { YAMLNode(YAMLNode.Scalar(self)) }
}

extension YAMLNode: NodeConvertible {
    static func read(_ decoder: NodeDecoder) throws -> YAMLNode { decoder.node ?? YAMLNode(.null) }

    func written() -> YAMLNode { self }
}
