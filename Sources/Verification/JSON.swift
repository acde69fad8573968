/// Any JSON value.
public enum JSON: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

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
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    public subscript(key: String) -> JSON? { if case .object(let object) = self { object[key] } else { nil } }
    public var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
    public var number: Double? { if case .number(let number) = self { number } else { nil } }
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    public var integers: [Int]? { array?.compactMap { $0.number.map { Int($0) } } }

    /// All numbers below, in order.
    public var numbers: [Double] {
        switch self {
        case .number(let value): [value]
        case .bool(let value): [value ? 1 : 0]
        case .array(let values): values.flatMap(\.numbers)
        default: []
        }
    }
}
