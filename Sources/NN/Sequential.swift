/// A module that maps one tensor to one tensor.
public protocol UnaryLayer: Module {
    /// The layer's result for `x`. `[…] → […]`, of the shapes that the layer says
    func callAsFunction(_ x: Tensor) throws -> Tensor
}

extension Linear: UnaryLayer {}
extension Conv2d: UnaryLayer {}
extension ConvTranspose2d: UnaryLayer {}
extension BatchNorm2d: UnaryLayer {}
extension LayerNorm: UnaryLayer {}
extension GroupNorm: UnaryLayer {}
extension Embedding: UnaryLayer {}
extension Dropout: UnaryLayer {}

/// Layers that run one after the other. Their checkpoint keys are their positions: `0`, `1`, …
public final class Sequential: Module, UnaryLayer {
    /// The layers in the order in which they run.
    public let layers: [any UnaryLayer]

    /// Runs `layers` in this order; an empty list is the identity.
    public init(_ layers: [any UnaryLayer]) { self.layers = layers }

    /// The positions of `layers` come directly below this module's key.
    override public var keys: [String: String] { ["layers": ""] }

    /// The result of the last layer. `[…] → […]`, of the shapes that the layers say. A `Conv2d` and
    /// a `BatchNorm2d` or ReLU directly behind it run as one pass at inference.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        var x = x
        var rest = layers[...]
        while let layer = rest.popFirst() {
            if let conv = layer as? Conv2d {  // what follows it may be one pass with it
                let norm = rest.first as? BatchNorm2d
                if norm != nil { rest.removeFirst() }
                let relu = (rest.first as? Activation)?.function == .relu
                if relu { rest.removeFirst() }
                x = try conv(x, norm: norm, relu: relu)
            } else {
                x = try layer(x)
            }
        }
        return x
    }
}

/// An activation as a layer of its own, so that positions in a `Sequential` match those of the
/// checkpoint. The shape stays.
public final class Activation: Module, UnaryLayer {
    /// The activations: ReLU, the exact GELU, and CLIP's approximation `x · σ(1.702 x)`.
    public enum Function: Sendable {
        /// `max(x, 0)`
        case relu
        /// The exact GELU, `x · Φ(x)`.
        case gelu
        /// CLIP's approximation of GELU, `x · σ(1.702 x)`.
        case quickGELU
    }

    /// The activation that is applied.
    public let function: Function

    /// A layer that applies `function` to each element.
    public init(_ function: Function) { self.function = function }

    /// The activation of each element. `[…] → […]`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        switch function {
        case .relu: try x.relu()
        case .gelu: try x.gelu()
        case .quickGELU: try x.quickGELU()
        }
    }
}

/// Maximum of each square of `size × size` values; the squares do not overlap.
/// `[n, c, h, w] → [n, c, h / size, w / size]`, rounded down
public final class MaxPool2d: Module, UnaryLayer {
    /// Side and stride of the squares, in positions.
    public let size: Int

    /// Pools squares of `size × size` values.
    public init(_ size: Int) { self.size = size }

    /// The maxima. `[n, c, h, w] → [n, c, h / size, w / size]`, rounded down
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.maxPool2d(Size2D(size)) }
}

/// Upsamples a map by an integer factor, bilinearly.
/// `[n, c, h, w] → [n, c, factor · h, factor · w]`
public final class Upsample: Module, UnaryLayer {
    /// Factor of height and width, 1 or more.
    public let factor: Int

    /// Upsamples by `factor`, 1 or more.
    public init(_ factor: Int) { self.factor = factor }

    /// The upsampled map (align_corners false). `[n, c, h, w] → [n, c, factor · h, factor · w]`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.interpolated(to: Size2D(x.size(2) * factor, x.size(3) * factor), .bilinear())
    }
}

extension Tensor {
    /// CLIP's approximation of GELU for each element: `x · σ(1.702 x)`. `[…] → […]`
    public func quickGELU() throws -> Tensor { try self * (self * 1.702).sigmoid() }
}
