import DenseKitCore

extension LossOptions {
    /// From the losses of elements to a scalar: weighed, added up, multiplied by `weight`, and
    /// divided by `averageFactor` or by the number of elements. mmdetection's `weight_reduce_loss`
    /// with the reduction `mean`.
    ///
    /// - Parameter each: `[n, …]`; the elements' weights are of that shape, or `[n]`
    func reduced(_ each: Tensor, _ weight: Double) throws -> Tensor {
        let weighed = try elementWeights.map { try each * $0.spread(over: each) } ?? each
        return try average(weighed.sum(), weight, count: each.count)
    }

    /// The sum of `count` elements divided as `reduced` does. A factor that is not positive means
    /// that there is nothing to train on: 0.
    func average(_ sum: Tensor, _ weight: Double, count: Int) throws -> Tensor {
        let divisor = averageFactor ?? Double(count)
        return try sum * (divisor > 0 ? weight / divisor : 0)
    }
}

extension Tensor {
    /// `[n]` in a shape that broadcasts over the rows of `rows` `[n, …]`; a tensor of another rank
    /// unchanged.
    fileprivate func spread(over rows: Tensor) throws -> Tensor {
        guard rank == 1, rows.rank > 1 else { return self }
        return try reshaped([size(0)] + [Int](repeating: 1, count: rows.rank - 1))
    }
}
