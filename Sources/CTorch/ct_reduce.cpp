#include <ATen/ops/max.h>
#include <ATen/ops/min.h>

#include "handle.h"

int ct_sum(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out) {
    return guard([&] { *out = give(rank == 0 ? T(x).sum() : T(x).sum(ints(dims, rank), keep)); });
}
int ct_mean(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out) {
    return guard([&] { *out = give(rank == 0 ? T(x).mean() : T(x).mean(ints(dims, rank), keep)); });
}
int ct_amax(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out) {
    return guard([&] { *out = give(T(x).amax(ints(dims, rank), keep)); });
}
int ct_amin(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out) {
    return guard([&] { *out = give(T(x).amin(ints(dims, rank), keep)); });
}
int ct_norm(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out) {
    return guard([&] { *out = give(rank == 0 ? T(x).norm() : T(x).norm(at::Scalar(2), ints(dims, rank), keep)); });
}
int ct_max(ct_tensor x, int64_t dim, bool keep, ct_tensor *values, ct_tensor *indices) {
    return guard([&] {
        auto result = at::max(T(x), dim, keep);
        *values = give(std::get<0>(result));
        *indices = give(std::get<1>(result));
    });
}
int ct_min(ct_tensor x, int64_t dim, bool keep, ct_tensor *values, ct_tensor *indices) {
    return guard([&] {
        auto result = at::min(T(x), dim, keep);
        *values = give(std::get<0>(result));
        *indices = give(std::get<1>(result));
    });
}
int ct_argmax(ct_tensor x, int64_t dim, bool keep, ct_tensor *out) {
    return guard([&] { *out = give(T(x).argmax(dim, keep)); });
}
int ct_softmax(ct_tensor x, int64_t dim, ct_tensor *out) {
    return guard([&] { *out = give(T(x).softmax(dim)); });
}
int ct_log_softmax(ct_tensor x, int64_t dim, ct_tensor *out) {
    return guard([&] { *out = give(T(x).log_softmax(dim)); });
}
