extension RGBImage {
    private var raster: Raster<UInt8> { Raster(size: size, channels: 3, values: pixels) }

    /// The part of the image inside `window`, which lies in the image.
    public func cropped(to window: PixelWindow) -> RGBImage {
        if window == PixelWindow(size) { return self }
        return RGBImage(
            height: window.height, width: window.width, pixels: raster.cropped(to: window))
    }

    /// The mirrored image: left and right are exchanged.
    public func flippedHorizontally() -> RGBImage {
        RGBImage(height: height, width: width, pixels: raster.flippedHorizontally())
    }

    /// The image padded below and on the right to at least `size`; new pixels have `fill` in every
    /// channel.
    public func padded(to size: Size2D, with fill: UInt8 = 0) -> RGBImage {
        let size = self.size.union(size)
        if size == self.size { return self }
        return RGBImage(
            height: size.height, width: size.width, pixels: raster.padded(to: size, with: fill))
    }
}

extension FloatImage {
    private var raster: Raster<Float> { Raster(size: size, channels: 3, values: pixels) }

    /// The part of the image inside `window`, which lies in the image.
    public func cropped(to window: PixelWindow) -> FloatImage {
        if window == PixelWindow(size) { return self }
        return FloatImage(
            height: window.height, width: window.width, pixels: raster.cropped(to: window))
    }

    /// The mirrored image: left and right are exchanged.
    public func flippedHorizontally() -> FloatImage {
        FloatImage(height: height, width: width, pixels: raster.flippedHorizontally())
    }

    /// The image padded below and on the right to at least `size`; new pixels have `fill` in every
    /// channel.
    public func padded(to size: Size2D, with fill: Float = 0) -> FloatImage {
        let size = self.size.union(size)
        if size == self.size { return self }
        return FloatImage(
            height: size.height, width: size.width, pixels: raster.padded(to: size, with: fill))
    }
}

extension LabelMap {
    private var raster: Raster<UInt16> { Raster(size: size, channels: 1, values: labels) }

    /// The part of the map inside `window`, which lies in the map.
    public func cropped(to window: PixelWindow) -> LabelMap {
        if window == PixelWindow(size) { return self }
        return LabelMap(
            height: window.height, width: window.width, labels: raster.cropped(to: window))
    }

    /// The mirrored map: left and right are exchanged.
    public func flippedHorizontally() -> LabelMap {
        LabelMap(height: height, width: width, labels: raster.flippedHorizontally())
    }

    /// The map padded below and on the right to at least `size`; new pixels have the label `fill`.
    public func padded(to size: Size2D, with fill: UInt16 = LabelMap.ignore) -> LabelMap {
        let size = self.size.union(size)
        if size == self.size { return self }
        return LabelMap(
            height: size.height, width: size.width, labels: raster.padded(to: size, with: fill))
    }
}

extension Size2D {
    /// The larger height and the larger width of this size and `other`.
    public func union(_ other: Size2D) -> Size2D {
        Size2D(height: max(height, other.height), width: max(width, other.width))
    }
}
