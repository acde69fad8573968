extension RGBImage {
    private var raster: Raster<UInt8> { Raster(size: size, channels: 3, values: pixels) }

    /// The pixels inside `window`.
    public func cropped(to window: PixelWindow) -> RGBImage {
        if window == PixelWindow(size) { return self }
        return RGBImage(height: window.height, width: window.width, pixels: raster.cropped(to: window))
    }

    /// Left and right exchanged.
    public func flippedHorizontally() -> RGBImage {
        RGBImage(height: height, width: width, pixels: raster.flippedHorizontally())
    }

    /// The picture in the top left corner of one that is `size` at least, `fill` elsewhere.
    public func padded(to size: Size2D, with fill: UInt8 = 0) -> RGBImage {
        let size = self.size.union(size)
        if size == self.size { return self }
        return RGBImage(height: size.height, width: size.width, pixels: raster.padded(to: size, with: fill))
    }
}

extension FloatImage {
    private var raster: Raster<Float> { Raster(size: size, channels: 3, values: pixels) }

    /// The pixels inside `window`.
    public func cropped(to window: PixelWindow) -> FloatImage {
        if window == PixelWindow(size) { return self }
        return FloatImage(height: window.height, width: window.width, pixels: raster.cropped(to: window))
    }

    /// Left and right exchanged.
    public func flippedHorizontally() -> FloatImage {
        FloatImage(height: height, width: width, pixels: raster.flippedHorizontally())
    }

    /// The picture in the top left corner of one that is `size` at least, `fill` elsewhere.
    public func padded(to size: Size2D, with fill: Float = 0) -> FloatImage {
        let size = self.size.union(size)
        if size == self.size { return self }
        return FloatImage(height: size.height, width: size.width, pixels: raster.padded(to: size, with: fill))
    }
}

extension LabelMap {
    private var raster: Raster<UInt16> { Raster(size: size, channels: 1, values: labels) }

    /// The labels inside `window`.
    public func cropped(to window: PixelWindow) -> LabelMap {
        if window == PixelWindow(size) { return self }
        return LabelMap(height: window.height, width: window.width, labels: raster.cropped(to: window))
    }

    /// Left and right exchanged.
    public func flippedHorizontally() -> LabelMap {
        LabelMap(height: height, width: width, labels: raster.flippedHorizontally())
    }

    /// The map in the top left corner of one that is `size` at least, `fill` elsewhere.
    public func padded(to size: Size2D, with fill: UInt16 = LabelMap.ignore) -> LabelMap {
        let size = self.size.union(size)
        if size == self.size { return self }
        return LabelMap(height: size.height, width: size.width, labels: raster.padded(to: size, with: fill))
    }
}

extension Size2D {
    /// The larger height and the larger width of both.
    public func union(_ other: Size2D) -> Size2D { Size2D(height: max(height, other.height), width: max(width, other.width)) }
}
