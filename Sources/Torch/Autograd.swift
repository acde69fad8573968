import CDenseKitTorch

/// Runs `body` without recording operations for gradients on this thread. Synchronous, since the
/// mode belongs to the thread.
public func withoutGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ct_grad_enabled()
    ct_set_grad_enabled(false)
    defer { ct_set_grad_enabled(before) }
    return try body()
}

/// Whether operations on this thread are recorded for `backward`.
public var gradIsEnabled: Bool { ct_grad_enabled() }

/// The element type of automatic mixed precision on this thread and `device`; nil outside a
/// `withAutocast` scope.
public func autocastType(on device: Device) -> DType? {
    var enabled = false
    var dtype = DType.float32.rawValue
    guard ct_autocast(device.type, &enabled, &dtype) == 0, enabled else { return nil }
    return DType(rawValue: dtype)
}

/// Whether the engine has automatic mixed precision of `dtype` on `device`: bfloat16 everywhere,
/// float16 on GPUs and, with libtorch 2, on the CPU.
public func canAutocast(_ dtype: DType, on device: Device) -> Bool {
    ct_can_autocast(device.type, dtype.rawValue)
}

/// Runs `body` with automatic mixed precision on this thread: matrix products and convolutions in
/// `dtype`, operations that need precision in float32.
///
/// Scopes may nest: the end of one restores the mode before it.
///
/// - Parameters:
///   - dtype: float16 or bfloat16; nil to run `body` in the present mode
///   - device: whose operations are meant
///   - body: the operations
/// - Throws: what `body` throws, and `TorchError` where the engine refuses the mode.
public func withAutocast<Result>(
    _ dtype: DType?, on device: Device = .cpu, _ body: () throws -> Result
) throws -> Result {
    guard let dtype else { return try body() }
    var wasEnabled = false
    var before = dtype.rawValue
    try check("autocast") { ct_autocast(device.type, &wasEnabled, &before) }
    try check("autocast") { ct_set_autocast(device.type, true, dtype.rawValue) }
    defer {
        _ = ct_set_autocast(device.type, wasEnabled, before)
        if !wasEnabled || before != dtype.rawValue { _ = ct_clear_autocast_cache() }
    }
    return try body()
}

/// Runs `body` without automatic mixed precision, inside any `withAutocast` scope, and restores the
/// mode after it.
public func withoutAutocast<Result>(_ body: () throws -> Result) throws -> Result {
    let open = [Device.cpu, .cuda(0), .privateUse1].compactMap { device in
        autocastType(on: device).map { (device, $0) }
    }
    for (device, dtype) in open {
        try check("autocast") { ct_set_autocast(device.type, false, dtype.rawValue) }
    }
    defer { for (device, dtype) in open { _ = ct_set_autocast(device.type, true, dtype.rawValue) } }
    return try body()
}

extension Tensor {
    /// Whether operations on this tensor are recorded for `backward`.
    public var requiresGrad: Bool { ct_requires_grad(handle) }

    /// Turns the recording of operations on this tensor on or off.
    ///
    /// - Throws: `TorchError` where it is turned on for a tensor of integers or bools.
    public func setRequiresGrad(_ value: Bool) throws {
        try check("requires_grad", self) { ct_set_requires_grad(handle, value) }
    }

    /// The gradient that `backward` accumulated, of this tensor's shape; nil where there is none.
    public var grad: Tensor? {
        var result: ct_tensor?
        guard ct_grad(handle, &result) == 0, let result else { return nil }
        return Tensor(owning: result)
    }

    /// Removes the gradient: `grad` is nil afterwards.
    public func clearGrad() throws { try check("clear_grad", self) { ct_set_grad(handle, nil) } }

    /// Adds the gradient of this scalar to `grad` of every leaf tensor that it depends on.
    ///
    /// - Throws: `TorchError` for a tensor of more than one element, or one without recorded
    ///   operations.
    public func backward() throws { try check("backward", self) { ct_backward(handle, nil) } }

    /// Adds the gradient of `sum(self * gradient)` to `grad` of every leaf tensor that this tensor
    /// depends on; both are `[…]`, of one shape.
    public func backward(_ gradient: Tensor) throws {
        try check("backward", self, gradient) { ct_backward(handle, gradient.handle) }
    }

    /// A tensor on this tensor's memory that is outside the autograd graph. `[…] → […]`
    public func detached() throws -> Tensor { try make("detach", self) { ct_detach(handle, $0) } }

    /// Makes this tensor hold the memory of `data`, which may be on another device; its place in a
    /// module or an optimizer stays.
    public func setData(_ data: Tensor) throws {
        try check("set_data", self, data) { ct_set_data(handle, data.handle) }
    }
}
