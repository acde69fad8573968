#include <ATen/ops/div.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/result_type.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "handle.h"

namespace {
/// The engine wants integers multiplied by an integer.
at::Scalar factor(const at::Tensor &a, const at::Tensor &b, double value) {
    bool integral = at::isIntegralType(at::result_type(a, b), /*includeBool=*/false);
    return integral && value == std::trunc(value) ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
}
}  // namespace

// Operations that the engine has as a method of the same name: of a tensor alone, of two tensors, and of a tensor and a number.
#define CT_UNARY(name) \
    int ct_##name(ct_tensor x, ct_tensor *out) { \
        return guard([&] { *out = give(T(x).name()); }); \
    }
#define CT_BINARY(name) \
    int ct_##name(ct_tensor a, ct_tensor b, ct_tensor *out) { \
        return guard([&] { *out = give(T(a).name(T(b))); }); \
    }
#define CT_SCALAR(name) \
    int ct_##name##_scalar(ct_tensor a, double b, ct_tensor *out) { \
        return guard([&] { *out = give(T(a).name(b)); }); \
    }

int ct_add(ct_tensor a, ct_tensor b, double alpha, ct_tensor *out) {
    return guard([&] { *out = give(T(a).add(T(b), factor(T(a), T(b), alpha))); });
}
int ct_add_(ct_tensor a, ct_tensor b, double alpha) {
    return guard([&] { T(a).add_(T(b), factor(T(a), T(b), alpha)); });
}
CT_BINARY(mul)
CT_BINARY(div)
CT_SCALAR(add)
int ct_add_scalar_(ct_tensor a, double b) {
    return guard([&] {
        bool integral = at::isIntegralType(T(a).scalar_type(), /*includeBool=*/false);
        T(a).add_(integral ? at::Scalar(static_cast<int64_t>(b)) : at::Scalar(b));
    });
}
CT_SCALAR(mul)
int ct_mul_scalar_(ct_tensor a, double b) {
    return guard([&] { T(a).mul_(b); });
}
CT_SCALAR(div)
int ct_remainder(ct_tensor a, int64_t b, ct_tensor *out) {
    return guard([&] { *out = give(at::remainder(T(a), b)); });
}
int ct_pow(ct_tensor a, double exponent, ct_tensor *out) {
    return guard([&] { *out = give(T(a).pow(exponent)); });
}
CT_BINARY(maximum)
CT_BINARY(minimum)
CT_UNARY(neg)
CT_UNARY(abs)
CT_UNARY(exp)
CT_UNARY(log)
CT_UNARY(log2)
CT_UNARY(floor)
CT_UNARY(sqrt)
CT_UNARY(rsqrt)
int ct_erfinv_(ct_tensor x) {
    return guard([&] { T(x).erfinv_(); });
}
int ct_clamp(ct_tensor x, const double *low, const double *high, ct_tensor *out) {
    return guard([&] {
        optional<at::Scalar> from, to;
        if (low != nullptr) from = *low;
        if (high != nullptr) to = *high;
        *out = give(T(x).clamp(from, to));
    });
}
CT_BINARY(eq)
CT_BINARY(lt)
CT_BINARY(gt)
CT_BINARY(le)
CT_BINARY(ge)
CT_SCALAR(eq)
CT_SCALAR(ne)
CT_SCALAR(lt)
CT_SCALAR(gt)
CT_SCALAR(le)
CT_SCALAR(ge)
CT_BINARY(logical_and)
CT_BINARY(logical_or)
CT_UNARY(logical_not)
int ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::where(T(condition), T(a), T(b))); });
}
int ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out) {
    return guard([&] { *out = give(T(x).masked_fill(T(mask), value)); });
}
CT_UNARY(isfinite)
CT_BINARY(matmul)
