import DenseKitVision

/// A raster with a resize that has not happened yet.
struct Deferred<Raster: Resizable & Sendable>: Sendable {
    private var source: Raster
    private var pending: (target: Size, window: Window, backend: ResizeBackend)?

    init(_ source: Raster) { self.source = source }

    var size: Size { pending?.window.size ?? source.size }

    mutating func value() -> Raster {
        if let pending {
            source = source.resized(to: pending.target, window: pending.window, backend: pending.backend)
            self.pending = nil
        }
        return source
    }

    mutating func resize(to size: Size, _ backend: ResizeBackend) {
        _ = value()
        pending = (size, Window(size), backend)
    }

    mutating func crop(to window: Window) {
        if let pending {
            self.pending = (pending.target, pending.window.subwindow(window), pending.backend)
        } else {
            source = source.cropped(to: window)
        }
    }

    func cropped(to window: Window) -> Raster {
        var copy = self
        copy.crop(to: window)
        return copy.value()
    }
}

/// What pictures and label maps have in common here.
protocol Resizable {
    var size: Size { get }
    func resized(to size: Size, window: Window?, backend: ResizeBackend) -> Self
    func cropped(to window: Window) -> Self
}

extension RGBImage: Resizable {}
extension LabelMap: Resizable {}
