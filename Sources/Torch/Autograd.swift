import CDenseKitTorch

/// Runs `body` without recording gradients. Synchronous, since the mode belongs to the thread.
public func withoutGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ct_grad_enabled()
    ct_set_grad_enabled(false)
    defer { ct_set_grad_enabled(before) }
    return try body()
}

/// Whether operations on this thread are recorded for `backward`.
public var gradIsEnabled: Bool { ct_grad_enabled() }

/// The element type of automatic mixed precision on this thread, where a `withAutocast` scope is open.
public func autocastType(on device: Device) -> DType? {
    var (enabled, dtype) = (false, DType.float32.rawValue)
    guard ct_autocast(device.type, &enabled, &dtype) == 0, enabled else { return nil }
    return DType(rawValue: dtype)
}

/// Runs `body` with automatic mixed precision: matrix products and convolutions in `dtype`, the rest in float32.
/// With `nil` it just runs `body`. Scopes may nest: the end of one brings back what was before.
public func withAutocast<Result>(_ dtype: DType?, on device: Device = .cpu, _ body: () throws -> Result) throws -> Result {
    guard let dtype else { return try body() }
    var (wasEnabled, before) = (false, dtype.rawValue)
    try check("autocast") { ct_autocast(device.type, &wasEnabled, &before) }
    try check("autocast") { ct_set_autocast(device.type, true, dtype.rawValue) }
    defer {
        _ = ct_set_autocast(device.type, wasEnabled, before)
        if !wasEnabled || before != dtype.rawValue { _ = ct_clear_autocast_cache() }
    }
    return try body()
}

/// Runs `body` without automatic mixed precision, in whatever scope it stands.
public func withoutAutocast<Result>(_ body: () throws -> Result) throws -> Result {
    let open = [Device.cpu, .cuda(0)].compactMap { device in autocastType(on: device).map { (device, $0) } }
    for (device, dtype) in open { try check("autocast") { ct_set_autocast(device.type, false, dtype.rawValue) } }
    defer { for (device, dtype) in open { _ = ct_set_autocast(device.type, true, dtype.rawValue) } }
    return try body()
}

extension Tensor {
    /// Whether operations on this tensor are recorded.
    public var requiresGrad: Bool { ct_requires_grad(handle) }

    public func setRequiresGrad(_ value: Bool) throws {
        try check("requires_grad", self) { ct_set_requires_grad(handle, value) }
    }

    /// The gradient that `backward` left here.
    public var grad: Tensor? {
        var result: ct_tensor?
        guard ct_grad(handle, &result) == 0, let result else { return nil }
        return Tensor(owning: result)
    }

    public func clearGrad() throws { try check("clear_grad", self) { ct_set_grad(handle, nil) } }

    /// Adds the gradient of this scalar to every leaf that it depends on.
    public func backward() throws { try check("backward", self) { ct_backward(handle, nil) } }

    /// Adds the gradient of `sum(self * gradient)` to every leaf that it depends on.
    public func backward(_ gradient: Tensor) throws {
        try check("backward", self, gradient) { ct_backward(handle, gradient.handle) }
    }

    /// The same memory, outside the graph.
    public func detached() throws -> Tensor { try make("detach", self) { ct_detach(handle, $0) } }

    /// Makes this tensor's variable hold `data`'s memory; it may be of another device.
    public func setData(_ data: Tensor) throws { try check("set_data", self, data) { ct_set_data(handle, data.handle) } }
}
