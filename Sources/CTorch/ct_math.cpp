#include <ATen/ops/div.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
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

int ct_add(ct_tensor a, ct_tensor b, double alpha, ct_tensor *out) {
    return guard([&] { *out = give(T(a).add(T(b), factor(T(a), T(b), alpha))); });
}
int ct_add_(ct_tensor a, ct_tensor b, double alpha) {
    return guard([&] { T(a).add_(T(b), factor(T(a), T(b), alpha)); });
}
int ct_mul(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).mul(T(b))); });
}
int ct_div(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).div(T(b))); });
}
int ct_add_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).add(b)); });
}
int ct_add_scalar_(ct_tensor a, double b) {
    return guard([&] {
        bool integral = at::isIntegralType(T(a).scalar_type(), /*includeBool=*/false);
        T(a).add_(integral ? at::Scalar(static_cast<int64_t>(b)) : at::Scalar(b));
    });
}
int ct_mul_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).mul(b)); });
}
int ct_mul_scalar_(ct_tensor a, double b) {
    return guard([&] { T(a).mul_(b); });
}
int ct_div_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).div(b)); });
}
int ct_remainder(ct_tensor a, int64_t b, ct_tensor *out) {
    return guard([&] { *out = give(at::remainder(T(a), b)); });
}
int ct_pow(ct_tensor a, double exponent, ct_tensor *out) {
    return guard([&] { *out = give(T(a).pow(exponent)); });
}
int ct_maximum(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::maximum(T(a), T(b))); });
}
int ct_minimum(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::minimum(T(a), T(b))); });
}
int ct_neg(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).neg()); });
}
int ct_abs(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).abs()); });
}
int ct_exp(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).exp()); });
}
int ct_log(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).log()); });
}
int ct_log2(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).log2()); });
}
int ct_floor(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).floor()); });
}
int ct_sqrt(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).sqrt()); });
}
int ct_rsqrt(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).rsqrt()); });
}
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
int ct_eq(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).eq(T(b))); });
}
int ct_lt(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).lt(T(b))); });
}
int ct_gt(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).gt(T(b))); });
}
int ct_le(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).le(T(b))); });
}
int ct_ge(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).ge(T(b))); });
}
int ct_eq_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).eq(b)); });
}
int ct_ne_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).ne(b)); });
}
int ct_lt_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).lt(b)); });
}
int ct_gt_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).gt(b)); });
}
int ct_le_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).le(b)); });
}
int ct_ge_scalar(ct_tensor a, double b, ct_tensor *out) {
    return guard([&] { *out = give(T(a).ge(b)); });
}
int ct_logical_and(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::logical_and(T(a), T(b))); });
}
int ct_logical_or(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::logical_or(T(a), T(b))); });
}
int ct_logical_not(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(at::logical_not(T(x))); });
}
int ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::where(T(condition), T(a), T(b))); });
}
int ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out) {
    return guard([&] { *out = give(T(x).masked_fill(T(mask), value)); });
}
int ct_isfinite(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(at::isfinite(T(x))); });
}
int ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out) {
    return guard([&] { *out = give(at::matmul(T(a), T(b))); });
}
