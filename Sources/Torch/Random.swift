import CDenseKitTorch

/// A random number generator with a seed and a state that can be saved.
public final class RandomGenerator {
    let handle: ct_generator?

    /// A CPU generator of its own, independent of `standard`.
    public init(seed: UInt64) throws {
        var made: ct_generator?
        try check("generator") { ct_generator_new(seed, &made) }
        handle = made
    }

    private init(handle: ct_generator?) { self.handle = handle }
    deinit {
        if let handle { ct_generator_release(handle) }
    }

    /// The default generator: of the tensor's device where it fills a tensor, of the CPU where its
    /// state is read or set. Dropout draws from that of its input's device: the state of a GPU's is
    /// that of `standard(of:)`.
    public static var standard: RandomGenerator { RandomGenerator(handle: nil) }

    /// The default generator of `device` itself, the one from which dropout draws there.
    ///
    /// - Throws: `TorchError` for a device that is not there, and for `.meta`, which draws nothing.
    public static func standard(of device: Device) throws -> RandomGenerator {
        var shared: ct_generator?
        try check("default_generator") { ct_generator_default(device.type, device.index, &shared) }
        return RandomGenerator(handle: shared)
    }

    /// Seeds the default generators of all devices.
    public static func seed(_ seed: UInt64) throws {
        try check("manual_seed") { ct_manual_seed(seed) }
    }

    /// The state of the generator, to be saved: bytes, `[n]` uint8.
    public func state() throws -> Tensor {
        try make("generator_state") { ct_generator_state(handle, $0) }
    }

    /// Restores a state that `state()` gave.
    ///
    /// - Throws: `TorchError` for a tensor that is no state of such a generator.
    public func setState(_ state: Tensor) throws {
        try check("set_generator_state", state) { ct_set_generator_state(handle, state.handle) }
    }
}

extension Tensor {
    /// Fills the tensor with uniform random numbers of `[low, high)`, and returns it.
    @discardableResult
    public func uniformInPlace(
        _ low: Double, _ high: Double, generator: RandomGenerator = .standard
    ) throws -> Tensor {
        try filled("uniform_") { ct_uniform_(handle, low, high, generator.handle) }
    }

    /// Fills the tensor with normally distributed random numbers, and returns it. `[…] → […]`
    @discardableResult
    public func normalInPlace(
        mean: Double = 0, std: Double = 1, generator: RandomGenerator = .standard
    ) throws -> Tensor {
        try filled("normal_") { ct_normal_(handle, mean, std, generator.handle) }
    }

    /// Fills the tensor with normally distributed random numbers within `low...high`, and returns
    /// it. The bounds are absolute values, not multiples of `std`; numbers are drawn by the inverse
    /// of the distribution function, as in timm's `trunc_normal_`. `[…] → […]`
    @discardableResult
    public func truncatedNormalInPlace(
        mean: Double = 0, std: Double = 1, low: Double = -2, high: Double = 2,
        generator: RandomGenerator = .standard
    ) throws -> Tensor {
        try withoutGrad {
            let from = normalCDF((low - mean) / std)
            let to = normalCDF((high - mean) / std)
            try uniformInPlace(2 * from - 1, 2 * to - 1, generator: generator)
            try check("erfinv_", self) { ct_erfinv_(handle) }
            try mulInPlace(std * 2.0.squareRoot())
            try addInPlace(mean)
            try copyInPlace(clamped(low, high))
        }
        return self
    }

    private func filled(_ operation: StaticString, _ fill: () -> Int32) throws -> Tensor {
        try withoutGrad { try check(operation, self) { fill() } }
        return self
    }

    /// A float32 tensor of `shape` filled from the standard normal distribution.
    public static func randomNormal(_ shape: [Int], generator: RandomGenerator = .standard) throws
        -> Tensor
    {
        try empty(shape).normalInPlace(generator: generator)
    }
}
