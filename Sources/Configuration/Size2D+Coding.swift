import DenseKitGeometry

/// Reads and writes a size as a setting: one number for a square, or `[height, width]`.
extension Size2D: Codable {
    /// Reads one integer, for a square, or a list `[height, width]`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // The error then describes what is written there, one number or a list.
        guard try container.decode(YAMLNode.self).sequence != nil else {
            self.init(try container.decode(Int.self))
            return
        }
        let sides = try container.decode([Int].self)
        guard sides.count == 2 else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "expected one number or [height, width], found \(sides.count) numbers")
        }
        self.init(height: sides[0], width: sides[1])
    }

    /// Writes one integer for a square, else the list `[height, width]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if height == width {
            try container.encode(height)
        } else {
            try container.encode([height, width])
        }
    }
}

extension Size2D {
    /// This size as that of an image.
    ///
    /// - Throws: `SettingError` unless both sides are between 1 and 65535.
    public func checked(_ component: String, _ key: String) throws -> Size2D {
        guard (1...65535).contains(height), (1...65535).contains(width) else {
            throw SettingError(
                component, key, "expected sides of 1…65535 pixels, found [\(height), \(width)]")
        }
        return self
    }
}
