import CDenseKitTorch

/// Operations on all tensors of a list at once, which optimizers are made of. Those without a
/// result change the first list in place; lists of unequal length throw `TorchError`.
public enum Foreach {
    /// `x *= factor` for each tensor.
    public static func mul(_ xs: [Tensor], _ factor: Double) throws {
        try run("foreach_mul_", xs) { ct_foreach_mul_($0, $1, factor) }
    }

    /// `x += scale · y` for each pair of tensors.
    public static func add(_ xs: [Tensor], _ ys: [Tensor], scale: Double = 1) throws {
        try checkCounts("foreach_add_", xs, ys)
        try withHandles(ys) { ys, _ in
            try run("foreach_add_", xs) { ct_foreach_add_($0, ys, $1, scale) }
        }
    }

    /// `x += value` for each tensor.
    public static func add(_ xs: [Tensor], _ value: Double) throws {
        try run("foreach_add_", xs) { ct_foreach_add_scalar_($0, $1, value) }
    }

    /// `x += scale · a · b`, element by element, for each triple of tensors.
    public static func addProduct(_ xs: [Tensor], _ a: [Tensor], _ b: [Tensor], scale: Double)
        throws
    {
        try run("foreach_addcmul_", xs, a, b) { ct_foreach_addcmul_($0, $1, $2, $3, scale) }
    }

    /// `x += scale · a / b`, element by element, for each triple of tensors.
    public static func addQuotient(_ xs: [Tensor], _ a: [Tensor], _ b: [Tensor], scale: Double)
        throws
    {
        try run("foreach_addcdiv_", xs, a, b) { ct_foreach_addcdiv_($0, $1, $2, $3, scale) }
    }

    /// Square root of each element, as new tensors. `[…] → […]` each
    public static func sqrt(_ xs: [Tensor]) throws -> [Tensor] {
        try map("foreach_sqrt", xs) { ct_foreach_sqrt($0, $1, $2) }
    }

    /// Euclidean norm of each tensor, as new scalars. `[…] → []` each
    public static func norm(_ xs: [Tensor]) throws -> [Tensor] {
        try map("foreach_norm", xs) { ct_foreach_norm($0, $1, $2) }
    }

    /// C reads as many tensors from every list as the first one has.
    private static func checkCounts(
        _ operation: StaticString, _ xs: [Tensor], _ others: [Tensor]...
    ) throws {
        guard let other = others.first(where: { $0.count != xs.count }) else { return }
        throw TorchError(
            operation: "\(operation)", operands: Array(xs.prefix(1)),
            message: "lists of \(xs.count) and \(other.count) tensors do not go together")
    }

    private static func run(
        _ operation: StaticString, _ xs: [Tensor],
        _ body: (UnsafePointer<ct_tensor?>?, Int64) -> Int32
    ) throws {
        guard !xs.isEmpty else { return }
        guard withHandles(xs, body) == 0 else { throw failure(operation, Array(xs.prefix(1))) }
    }

    private static func run(
        _ operation: StaticString, _ xs: [Tensor], _ a: [Tensor], _ b: [Tensor],
        _ body: (
            UnsafePointer<ct_tensor?>?, UnsafePointer<ct_tensor?>?, UnsafePointer<ct_tensor?>?,
            Int64
        ) -> Int32
    ) throws {
        try checkCounts(operation, xs, a, b)
        try withHandles(a) { a, _ in
            try withHandles(b) { b, _ in
                try run(operation, xs) { xs, count in body(xs, a, b, count) }
            }
        }
    }

    private static func map(
        _ operation: StaticString, _ xs: [Tensor],
        _ body: (UnsafePointer<ct_tensor?>?, Int64, UnsafeMutablePointer<ct_tensor?>?) -> Int32
    ) throws -> [Tensor] {
        guard !xs.isEmpty else { return [] }
        var results = [ct_tensor?](repeating: nil, count: xs.count)
        let status = withHandles(xs) { handles, count in
            results.withUnsafeMutableBufferPointer { body(handles, count, $0.baseAddress) }
        }
        guard status == 0 else { throw failure(operation, Array(xs.prefix(1))) }
        return results.compactMap { $0.map(Tensor.init(owning:)) }
    }
}
