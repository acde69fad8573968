import DenseKitCore

/// The grid on which a backbone's language map stands.
public enum LanguageGrid: String, Codable, Sendable, CaseIterable {
    /// The map's own, which grows with the image.
    case native
    /// That of an image of `input_resolution` at stride 32, whatever the image: maps are averaged to it. (CLIP-SP)
    case fixed

    /// Positions along a side of the map; nil where they follow the image.
    public func side(inputResolution: Int) -> Int? { self == .fixed ? max(1, inputResolution / 32) : nil }
}

extension Tensor {
    /// A map averaged over a square grid of `side`, where one is given and the map has another. `[n, c, h, w] → [n, c, side, side]`
    public func averaged(to side: Int?) throws -> Tensor {
        guard let side, Size2D(size(2), size(3)) != Size2D(side) else { return self }
        return try adaptiveAvgPool2d(Size2D(side))
    }
}
