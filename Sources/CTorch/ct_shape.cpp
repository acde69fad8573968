#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/index.h>
#include <ATen/ops/stack.h>

#include "handle.h"

int ct_reshape(ct_tensor x, const int64_t *shape, int64_t rank, ct_tensor *out) {
    return guard([&] { *out = give(T(x).reshape(ints(shape, rank))); });
}
int ct_permute(ct_tensor x, const int64_t *dims, int64_t rank, ct_tensor *out) {
    return guard([&] { *out = give(T(x).permute(ints(dims, rank))); });
}
int ct_transpose(ct_tensor x, int64_t a, int64_t b, ct_tensor *out) {
    return guard([&] { *out = give(T(x).transpose(a, b)); });
}
int ct_unsqueeze(ct_tensor x, int64_t dim, ct_tensor *out) {
    return guard([&] { *out = give(T(x).unsqueeze(dim)); });
}
int ct_squeeze(ct_tensor x, int64_t dim, ct_tensor *out) {
    return guard([&] { *out = give(T(x).squeeze(dim)); });
}
int ct_expand(ct_tensor x, const int64_t *shape, int64_t rank, ct_tensor *out) {
    return guard([&] { *out = give(T(x).expand(ints(shape, rank))); });
}
int ct_repeat(ct_tensor x, const int64_t *times, int64_t rank, ct_tensor *out) {
    return guard([&] { *out = give(T(x).repeat(ints(times, rank))); });
}
int ct_narrow(ct_tensor x, int64_t dim, int64_t start, int64_t length, ct_tensor *out) {
    return guard([&] { *out = give(T(x).narrow(dim, start, length)); });
}
int ct_as_strided(ct_tensor x, const int64_t *shape, const int64_t *strides, int64_t rank, int64_t offset, ct_tensor *out) {
    return guard([&] { *out = give(T(x).as_strided(ints(shape, rank), ints(strides, rank), offset)); });
}
int ct_select(ct_tensor x, int64_t dim, int64_t index, ct_tensor *out) {
    return guard([&] { *out = give(T(x).select(dim, index)); });
}
int ct_slice(ct_tensor x, int64_t dim, int64_t start, int64_t end, int64_t step, ct_tensor *out) {
    return guard([&] { *out = give(T(x).slice(dim, start, end, step)); });
}
int ct_index_select(ct_tensor x, int64_t dim, ct_tensor indices, ct_tensor *out) {
    return guard([&] { *out = give(T(x).index_select(dim, T(indices))); });
}
int ct_index(ct_tensor x, const ct_tensor *indices, int64_t count, ct_tensor *out) {
    return guard([&] {
        c10::List<optional<at::Tensor>> places;
        for (const auto &index : list(indices, count)) places.push_back(index);
        *out = give(at::index(T(x), places));
    });
}
int ct_index_copy(ct_tensor x, int64_t dim, ct_tensor indices, ct_tensor source, ct_tensor *out) {
    return guard([&] { *out = give(T(x).index_copy(dim, T(indices), T(source))); });
}
int ct_gather(ct_tensor x, int64_t dim, ct_tensor indices, ct_tensor *out) {
    return guard([&] { *out = give(T(x).gather(dim, T(indices))); });
}
int ct_flip(ct_tensor x, const int64_t *dims, int64_t rank, ct_tensor *out) {
    return guard([&] { *out = give(T(x).flip(ints(dims, rank))); });
}
int ct_triu(ct_tensor x, int64_t diagonal, ct_tensor *out) {
    return guard([&] { *out = give(T(x).triu(diagonal)); });
}
int ct_pad(ct_tensor x, const int64_t *amounts, int64_t count, double value, ct_tensor *out) {
    return guard([&] { *out = give(at::constant_pad_nd(T(x), ints(amounts, count), value)); });
}
int ct_cat(const ct_tensor *xs, int64_t count, int64_t dim, ct_tensor *out) {
    return guard([&] { *out = give(at::cat(list(xs, count), dim)); });
}
int ct_stack(const ct_tensor *xs, int64_t count, int64_t dim, ct_tensor *out) {
    return guard([&] { *out = give(at::stack(list(xs, count), dim)); });
}
