#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "handle.h"

namespace {
at::TensorOptions options(int32_t dtype, int32_t type, int32_t index) {
    return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(device(type, index));
}
}  // namespace

int ct_empty(const int64_t *shape, int64_t rank, int32_t dtype, int32_t type, int32_t index, int32_t format, ct_tensor *out) {
    return guard([&] {
        *out = give(at::empty(ints(shape, rank), options(dtype, type, index), static_cast<at::MemoryFormat>(format)));
    });
}
int ct_full(const int64_t *shape, int64_t rank, double value, int32_t dtype, int32_t type, int32_t index, ct_tensor *out) {
    return guard([&] { *out = give(at::full(ints(shape, rank), value, options(dtype, type, index))); });
}
int ct_arange(double start, double end, double step, int32_t dtype, int32_t type, int32_t index, ct_tensor *out) {
    return guard([&] { *out = give(at::arange(start, end, step, options(dtype, type, index))); });
}
int ct_to(ct_tensor x, int32_t dtype, int32_t type, int32_t index, ct_tensor *out) {
    return guard([&] { *out = give(T(x).to(device(type, index), static_cast<at::ScalarType>(dtype))); });
}
int ct_contiguous(ct_tensor x, int32_t format, ct_tensor *out) {
    return guard([&] { *out = give(T(x).contiguous(static_cast<at::MemoryFormat>(format))); });
}
int ct_clone(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).clone()); });
}
int ct_copy_(ct_tensor x, ct_tensor source) {
    return guard([&] { T(x).copy_(T(source)); });
}
int ct_fill_(ct_tensor x, double value) {
    return guard([&] { T(x).fill_(value); });
}
