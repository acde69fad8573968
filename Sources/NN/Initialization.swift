import Glibc

/// The number of connections that an initialisation is scaled by: of inputs (`in`, keeps the
/// variance of activations) or outputs (`out`, keeps that of gradients).
public enum FanMode: Sendable {
    /// The inputs of each output: keeps the variance of activations.
    case `in`
    /// The outputs of each input: keeps the variance of gradients.
    case out
}

extension Tensor {
    /// Inputs and outputs of a weight `[out, in, …]`, times the size of its kernel.
    private var fans: (in: Double, out: Double) {
        let receptive = Double(shape.dropFirst(2).reduce(1, *))
        return (Double(size(1)) * receptive, Double(size(0)) * receptive)
    }

    /// Fills a weight `[out, in, …]` by He initialisation: a normal distribution with standard
    /// deviation √(2 / fan), for layers followed by ReLU. Returns the tensor itself. (He et al.
    /// 2015)
    @discardableResult
    public func kaimingNormalInPlace(_ fan: FanMode = .in) throws -> Tensor {
        let count = fan == .in ? fans.in : fans.out
        return try normalInPlace(std: (2 / Swift.max(count, 1)).squareRoot())
    }

    /// Fills a weight `[out, in, …]` with PyTorch's default for linear layers and convolutions:
    /// uniform within ±1/√fan_in. Returns the tensor itself.
    @discardableResult
    public func defaultUniformInPlace() throws -> Tensor {
        try defaultUniformInPlace(fanIn: fans.in)
    }

    /// Fills the tensor uniformly within ±1/√fanIn; for a bias, `fanIn` is that of its weight.
    /// Returns the tensor itself. `[…] → […]`
    @discardableResult
    public func defaultUniformInPlace(fanIn: Double) throws -> Tensor {
        let bound = 1 / Swift.max(fanIn, 1).squareRoot()
        return try uniformInPlace(-bound, bound)
    }

    /// Fills a weight `[out, in, …]` by Glorot initialisation: uniform within ±√(6 / (fan_in +
    /// fan_out)). Returns the tensor itself. (Glorot & Bengio 2010)
    @discardableResult
    public func xavierUniformInPlace() throws -> Tensor {
        let bound = (6 / Swift.max(fans.in + fans.out, 1)).squareRoot()
        return try uniformInPlace(-bound, bound)
    }
}
