import Foundation

extension JSONEncoder {
    /// Readable, in a fixed order, with keys in snake_case.
    package static var forReports: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }
}

extension Int {
    /// `1234567` → `1,234,567`
    package var grouped: String {
        String(
            String(self).reversed().enumerated().flatMap {
                $0 > 0 && $0 % 3 == 0 ? [",", $1] : [$1]
            }.reversed())
    }
}

extension Double {
    /// `269830000000` → `269.83 G`
    var multiplyAdds: String {
        if self >= 1e8 { return String(format: "%.2f G", self / 1e9) }
        return self >= 1e5 ? String(format: "%.2f M", self / 1e6) : "\(Int(self))"
    }
}
