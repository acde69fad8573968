import CDenseKitTorch

// Broadcasting follows NumPy's rules.
extension Tensor {
    /// `a + b` of each element, broadcast by NumPy's rules. `[…], […] → […]`
    public static func + (a: Tensor, b: Tensor) throws -> Tensor {
        try make("add", a, b) { ct_add(a.handle, b.handle, 1, $0) }
    }
    /// `a - b` of each element, broadcast by NumPy's rules. `[…], […] → […]`
    public static func - (a: Tensor, b: Tensor) throws -> Tensor {
        try make("sub", a, b) { ct_add(a.handle, b.handle, -1, $0) }
    }
    /// `a · b` of each element, broadcast by NumPy's rules. `[…], […] → […]`
    public static func * (a: Tensor, b: Tensor) throws -> Tensor {
        try make("mul", a, b) { ct_mul(a.handle, b.handle, $0) }
    }
    /// `a / b` of each element, broadcast by NumPy's rules; integers give floating-point quotients.
    /// `[…], […] → […]`
    public static func / (a: Tensor, b: Tensor) throws -> Tensor {
        try make("div", a, b) { ct_div(a.handle, b.handle, $0) }
    }
    /// `b` added to each element; an integer tensor becomes floating-point. `[…] → […]`
    public static func + (a: Tensor, b: Double) throws -> Tensor {
        try make("add", a) { ct_add_scalar(a.handle, b, $0) }
    }
    /// `b` subtracted from each element; an integer tensor becomes floating-point. `[…] → […]`
    public static func - (a: Tensor, b: Double) throws -> Tensor {
        try make("sub", a) { ct_add_scalar(a.handle, -b, $0) }
    }
    /// Each element times `b`; an integer tensor becomes floating-point. `[…] → […]`
    public static func * (a: Tensor, b: Double) throws -> Tensor {
        try make("mul", a) { ct_mul_scalar(a.handle, b, $0) }
    }
    /// Each element divided by `b`; an integer tensor becomes floating-point. `[…] → […]`
    public static func / (a: Tensor, b: Double) throws -> Tensor {
        try make("div", a) { ct_div_scalar(a.handle, b, $0) }
    }
    /// Each element with its sign changed. `[…] → […]`
    public static prefix func - (x: Tensor) throws -> Tensor {
        try make("neg", x) { ct_neg(x.handle, $0) }
    }

    /// `self += scale · other`, with `other` broadcast to this shape; returns this tensor.
    /// `[…], […] → […]`
    @discardableResult
    public func addInPlace(_ other: Tensor, scale: Double = 1) throws -> Tensor {
        try check("add_", self, other) { ct_add_(handle, other.handle, scale) }
        return self
    }

    /// `self += value`; returns this tensor. On an integer tensor the fraction of `value` is cut
    /// off. `[…] → […]`
    @discardableResult
    public func addInPlace(_ value: Double) throws -> Tensor {
        try check("add_", self) { ct_add_scalar_(handle, value) }
        return self
    }

    /// `self *= factor` for a floating-point tensor; returns this tensor. `[…] → […]`
    @discardableResult
    public func mulInPlace(_ factor: Double) throws -> Tensor {
        try check("mul_", self) { ct_mul_scalar_(handle, factor) }
        return self
    }

    /// Matrix product over the last two dimensions, batched over the others.
    /// `[…, i, j], […, j, k] → […, i, k]`
    public func matmul(_ other: Tensor) throws -> Tensor {
        let y = try make("matmul", self, other) { ct_matmul(handle, other.handle, $0) }
        OperationCounter.current?.add(
            .matrixProduct, Double(y.count) * Double(size(-1)), self, other)
        return y
    }

    /// Remainder of each element's division by `divisor` rounded down, as Python's `%`: it has the
    /// sign of the divisor. `[…] → […]`
    public func remainder(by divisor: Int) throws -> Tensor {
        try make("remainder", self) { ct_remainder(handle, Int64(divisor), $0) }
    }

    /// Each element to the power of `exponent`. `[…] → […]`
    public func pow(_ exponent: Double) throws -> Tensor {
        try make("pow", self) { ct_pow(handle, exponent, $0) }
    }
    /// Absolute value of each element. `[…] → […]`
    public func abs() throws -> Tensor { try make("abs", self) { ct_abs(handle, $0) } }
    /// e to the power of each element. `[…] → […]`
    public func exp() throws -> Tensor { try make("exp", self) { ct_exp(handle, $0) } }
    /// Natural logarithm of each element. `[…] → […]`
    public func log() throws -> Tensor { try make("log", self) { ct_log(handle, $0) } }
    /// Base-2 logarithm of each element. `[…] → […]`
    public func log2() throws -> Tensor { try make("log2", self) { ct_log2(handle, $0) } }
    /// Each element rounded down to an integer; the type stays. `[…] → […]`
    public func floor() throws -> Tensor { try make("floor", self) { ct_floor(handle, $0) } }
    /// Square root of each element; not a number below 0. `[…] → […]`
    public func sqrt() throws -> Tensor { try make("sqrt", self) { ct_sqrt(handle, $0) } }
    /// `1 / √x` of each element. `[…] → […]`
    public func rsqrt() throws -> Tensor { try make("rsqrt", self) { ct_rsqrt(handle, $0) } }
    /// The larger of two elements, broadcast by NumPy's rules. `[…], […] → […]`
    public func maximum(_ other: Tensor) throws -> Tensor {
        try make("maximum", self, other) { ct_maximum(handle, other.handle, $0) }
    }
    /// The smaller of two elements, broadcast by NumPy's rules. `[…], […] → […]`
    public func minimum(_ other: Tensor) throws -> Tensor {
        try make("minimum", self, other) { ct_minimum(handle, other.handle, $0) }
    }

    /// Each element limited to `low...high`; nil for no bound on that side. `[…] → […]`
    public func clamped(_ low: Double?, _ high: Double? = nil) throws -> Tensor {
        var from = low ?? 0
        var to = high ?? 0
        return try make("clamp", self) { out in
            withUnsafePointer(to: &from) { from in
                withUnsafePointer(to: &to) { to in
                    ct_clamp(handle, low == nil ? nil : from, high == nil ? nil : to, out)
                }
            }
        }
    }

    // Comparisons give bool tensors.
    /// Where elements equal those of `other`, broadcast by NumPy's rules. `[…], […] → […]` bool
    public func equals(_ other: Tensor) throws -> Tensor {
        try make("eq", self, other) { ct_eq(handle, other.handle, $0) }
    }
    /// Where elements are below those of `other`, broadcast by NumPy's rules. `[…], […] → […]` bool
    public func isLess(than other: Tensor) throws -> Tensor {
        try make("lt", self, other) { ct_lt(handle, other.handle, $0) }
    }
    /// Where elements are above those of `other`, broadcast by NumPy's rules. `[…], […] → […]` bool
    public func isGreater(than other: Tensor) throws -> Tensor {
        try make("gt", self, other) { ct_gt(handle, other.handle, $0) }
    }
    /// Where elements are at most those of `other`, broadcast by NumPy's rules. `[…], […] → […]`
    /// bool
    public func isAtMost(_ other: Tensor) throws -> Tensor {
        try make("le", self, other) { ct_le(handle, other.handle, $0) }
    }
    /// Where elements are at least those of `other`, broadcast by NumPy's rules. `[…], […] → […]`
    /// bool
    public func isAtLeast(_ other: Tensor) throws -> Tensor {
        try make("ge", self, other) { ct_ge(handle, other.handle, $0) }
    }
    /// Where elements equal `value`. `[…] → […]` bool
    public func equals(_ value: Double) throws -> Tensor {
        try make("eq", self) { ct_eq_scalar(handle, value, $0) }
    }
    /// Where elements do not equal `value`; also where they are not a number. `[…] → […]` bool
    public func differs(from value: Double) throws -> Tensor {
        try make("ne", self) { ct_ne_scalar(handle, value, $0) }
    }
    /// Where elements are below `value`. `[…] → […]` bool
    public func isLess(than value: Double) throws -> Tensor {
        try make("lt", self) { ct_lt_scalar(handle, value, $0) }
    }
    /// Where elements are above `value`. `[…] → […]` bool
    public func isGreater(than value: Double) throws -> Tensor {
        try make("gt", self) { ct_gt_scalar(handle, value, $0) }
    }
    /// Where elements are at most `value`. `[…] → […]` bool
    public func isAtMost(_ value: Double) throws -> Tensor {
        try make("le", self) { ct_le_scalar(handle, value, $0) }
    }
    /// Where elements are at least `value`. `[…] → […]` bool
    public func isAtLeast(_ value: Double) throws -> Tensor {
        try make("ge", self) { ct_ge_scalar(handle, value, $0) }
    }

    // Of bool tensors; other elements count as true where they are not 0.
    /// Where both elements are true, or not 0; broadcast by NumPy's rules. `[…], […] → […]` bool
    public func and(_ other: Tensor) throws -> Tensor {
        try make("logical_and", self, other) { ct_logical_and(handle, other.handle, $0) }
    }
    /// Where at least one of two elements is true, or not 0; broadcast by NumPy's rules.
    /// `[…], […] → […]` bool
    public func or(_ other: Tensor) throws -> Tensor {
        try make("logical_or", self, other) { ct_logical_or(handle, other.handle, $0) }
    }
    /// Where elements are false, or 0. `[…] → […]` bool
    public func not() throws -> Tensor {
        try make("logical_not", self) { ct_logical_not(handle, $0) }
    }

    /// Elements of `a` where `condition` is true, of `b` elsewhere; all three are broadcast by
    /// NumPy's rules. `[…], […], […] → […]`
    public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
        try make("where", condition, a, b) { ct_where(condition.handle, a.handle, b.handle, $0) }
    }

    /// A copy with `value` where `mask` (bool, broadcast to this shape) is true. `[…], […] → […]`
    public func masked(_ mask: Tensor, with value: Double) throws -> Tensor {
        try make("masked_fill", self, mask) { ct_masked_fill(handle, mask.handle, value, $0) }
    }

    /// Whether all elements are finite: none is infinite or not a number.
    public func isFinite() throws -> Bool {
        try make("isfinite", self) { ct_isfinite(handle, $0) }.to(.float32).minimumValue().item()
            == 1
    }

    private func minimumValue() throws -> Tensor { count == 0 ? try Tensor.ones([]) : try amin() }
}
