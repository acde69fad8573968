import DenseKitVision

/// A raster with a resize that has not happened yet.
struct Deferred<Raster: Resizable & Sendable>: Sendable {
    private var source: Raster
    private var pending: (target: Size2D, window: PixelWindow, backend: ResizeBackend)?

    init(_ source: Raster) { self.source = source }

    var size: Size2D { pending?.window.size ?? source.size }

    mutating func value() -> Raster {
        if let pending {
            source = source.resized(
                to: pending.target, window: pending.window, backend: pending.backend)
            self.pending = nil
        }
        return source
    }

    mutating func resize(to size: Size2D, _ backend: ResizeBackend) {
        _ = value()
        pending = (size, PixelWindow(size), backend)
    }

    mutating func crop(to window: PixelWindow) {
        if let pending {
            self.pending = (pending.target, pending.window.subwindow(window), pending.backend)
        } else {
            source = source.cropped(to: window)
        }
    }

    func cropped(to window: PixelWindow) -> Raster {
        var copy = self
        copy.crop(to: window)
        return copy.value()
    }
}

/// What images and label maps have in common here.
protocol Resizable {
    var size: Size2D { get }
    func resized(to size: Size2D, window: PixelWindow?, backend: ResizeBackend) -> Self
    func cropped(to window: PixelWindow) -> Self
}

extension RGBImage: Resizable {}
extension LabelMap: Resizable {}
