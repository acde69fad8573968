/// A JSON value of any kind.
public enum GoldenJSON: Codable, Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number; integers are exact up to 2⁵³.
    case number(Double)
    /// A text.
    case string(String)
    /// A list of values.
    case array([GoldenJSON])
    /// An object with its members; their order is lost.
    case object([String: GoldenJSON])

    /// Decodes any JSON value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([GoldenJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: GoldenJSON].self))
        }
    }

    /// Encodes the value; whole numbers are written without a fraction.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value):
            if let whole = Int(exactly: value) {
                try container.encode(whole)
            } else {
                try container.encode(value)
            }
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }

    /// The value of `key` in an object; nil where it is missing, or the value is not an object.
    public subscript(key: String) -> GoldenJSON? { object?[key] }
    /// The members of an object; nil for other values.
    public var object: [String: GoldenJSON]? {
        if case .object(let object) = self { object } else { nil }
    }
    /// The elements of an array; nil for other values.
    public var array: [GoldenJSON]? { if case .array(let array) = self { array } else { nil } }
    /// The number; nil for other values.
    public var number: Double? { if case .number(let number) = self { number } else { nil } }
    /// The string; nil for other values.
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    /// The Boolean; nil for other values.
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    /// The number as an integer; nil for other values, and for a number with a fraction.
    public var integer: Int? { number.flatMap { Int(exactly: $0) } }
    /// The elements of an array of integers; nil for other values, and where an element is not an
    /// integer.
    public var integers: [Int]? {
        guard let array else { return nil }
        let integers = array.compactMap(\.integer)
        return integers.count == array.count ? integers : nil
    }

    /// All numbers in the value, arrays flattened in order; true counts as 1, false as 0. Empty for
    /// objects, strings and null.
    public var numbers: [Double] {
        switch self {
        case .number(let value): [value]
        case .bool(let value): [value ? 1 : 0]
        case .array(let values): values.flatMap(\.numbers)
        default: []
        }
    }
}
