/// A module that maps a tensor to a tensor.
public protocol UnaryLayer: Module {
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

/// Layers one after the other; their keys are their positions.
public final class Sequential: Module, UnaryLayer {
    public let layers: [any UnaryLayer]

    public init(_ layers: [any UnaryLayer]) { self.layers = layers }

    override public var keys: [String: String] { ["layers": ""] }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        var (x, rest) = (x, layers[...])
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

/// An activation as a layer of its own, so that positions in a `Sequential` count as in the checkpoint.
public final class Activation: Module, UnaryLayer {
    public enum Function: Sendable { case relu, gelu, quickGELU }

    public let function: Function

    public init(_ function: Function) { self.function = function }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        switch function {
        case .relu: try x.relu()
        case .gelu: try x.gelu()
        case .quickGELU: try x.quickGELU()
        }
    }
}

/// The largest of every square of `size × size` values, which do not overlap. `[n, c, h, w] → [n, c, h / size, w / size]`, rounded down
public final class MaxPool2d: Module, UnaryLayer {
    public let size: Int

    public init(_ size: Int) { self.size = size }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.maxPool2d(Size2D(size)) }
}

/// Resizes a map by a whole factor, bilinearly. `[n, c, h, w] → [n, c, f·h, f·w]`
public final class Upsample: Module, UnaryLayer {
    public let factor: Int

    public init(_ factor: Int) { self.factor = factor }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.interpolated(to: Size2D(x.size(2) * factor, x.size(3) * factor), .bilinear())
    }
}

extension Tensor {
    /// CLIP's approximation of GELU: `x · σ(1.702 x)`.
    public func quickGELU() throws -> Tensor { try self * (self * 1.702).sigmoid() }
}
