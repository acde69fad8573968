import DenseKitCore

/// The grid of a backbone's language map, by the names in YAML.
public enum LanguageGrid: String, Codable, Sendable, CaseIterable {
    /// The grid of the map itself, which grows with the image.
    case native
    /// A square grid of `input_resolution` / 32 positions a side, whatever the image: maps are
    /// averaged to it. (CLIP-SP)
    case fixed

    /// Positions along a side of the language map, at least 1; nil for `native`, where they follow
    /// the image.
    ///
    /// - Parameter inputResolution: side of the images, in pixels, that the fixed grid belongs to
    public func side(inputResolution: Int) -> Int? {
        self == .fixed ? max(1, inputResolution / 32) : nil
    }
}

extension Tensor {
    /// The map averaged over a square grid: `[n, c, h, w] → [n, c, side, side]`. The map itself
    /// where `side` is nil or the map has this size.
    public func averaged(to side: Int?) throws -> Tensor {
        guard let side, Size2D(size(2), size(3)) != Size2D(side) else { return self }
        return try adaptiveAvgPool2d(Size2D(side))
    }
}
