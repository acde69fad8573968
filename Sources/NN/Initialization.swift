import Glibc

/// Which count of connections keeps the variance: of the inputs or of the outputs.
public enum Fan: Sendable { case `in`, out }

extension Tensor {
    /// Inputs and outputs of a weight `[out, in, …]`, times the size of its kernel.
    private var fans: (in: Double, out: Double) {
        let receptive = Double(shape.dropFirst(2).reduce(1, *))
        return (Double(size(1)) * receptive, Double(size(0)) * receptive)
    }

    /// He initialisation from a normal distribution, with ReLU's gain √2. (He et al. 2015)
    @discardableResult
    public func kaimingNormalInPlace(_ fan: Fan = .in) throws -> Tensor {
        let count = fan == .in ? fans.in : fans.out
        return try normalInPlace(std: (2 / Swift.max(count, 1)).squareRoot())
    }

    /// PyTorch's default for linear and convolution weights: uniform within ±1/√fan_in.
    @discardableResult
    public func defaultUniformInPlace() throws -> Tensor { try defaultUniformInPlace(fanIn: fans.in) }

    /// Uniform within ±1/√fanIn; a bias takes its weight's `fanIn`.
    @discardableResult
    public func defaultUniformInPlace(fanIn: Double) throws -> Tensor {
        let bound = 1 / Swift.max(fanIn, 1).squareRoot()
        return try uniformInPlace(-bound, bound)
    }

    /// Glorot initialisation from a uniform distribution. (Glorot & Bengio 2010)
    @discardableResult
    public func xavierUniformInPlace() throws -> Tensor {
        let bound = (6 / Swift.max(fans.in + fans.out, 1)).squareRoot()
        return try uniformInPlace(-bound, bound)
    }
}
