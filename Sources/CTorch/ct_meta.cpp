// Boxing a list of sizes makes libtorch's own headers use a class that newer standard libraries call deprecated.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

#include <ATen/ExpandUtils.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/result_type.h>
#include <torch/library.h>

#include "handle.h"

// Shapes without memory. For tensors of the device meta the engine implements some operations in
// Python alone; those of them that models use are implemented here: the shape, element type and
// memory layout of the result. The callers have checked the operands.

namespace {

#if TORCH_VERSION_MAJOR >= 2
using Ints = c10::SymIntArrayRef;
using Int = c10::SymInt;
int64_t number(const c10::SymInt &value) { return value.expect_int(); }
#else
using Ints = at::IntArrayRef;
using Int = int64_t;
int64_t number(int64_t value) { return value; }
#endif

using Three = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

/// A list of one number applies to all dimensions.
template <class List> int64_t at_dim(const List &list, size_t dim) { return number(list[std::min(dim, list.size() - 1)]); }

at::Tensor same(const at::Tensor &x) { return at::empty_like(x); }

at::Tensor convolution(const at::Tensor &x, const at::Tensor &weight, const optional<at::Tensor> &, Ints stride, Ints padding,
                       Ints dilation, bool transposed, Ints output_padding, Int groups) {
    std::vector<int64_t> shape{x.size(0), transposed ? weight.size(1) * number(groups) : weight.size(0)};
    for (size_t i = 0; i + 2 < static_cast<size_t>(x.dim()); ++i) {
        auto size = x.size(i + 2), step = at_dim(stride, i), border = 2 * at_dim(padding, i);
        auto reach = at_dim(dilation, i) * (weight.size(i + 2) - 1);
        shape.push_back(transposed ? (size - 1) * step - border + reach + at_dim(output_padding, i) + 1
                                   : (size + border - reach - 1) / step + 1);
    }
    return at::empty(shape, x.options(), x.suggest_memory_format());
}

Three batch_norm(const at::Tensor &x, const optional<at::Tensor> &, const optional<at::Tensor> &, const optional<at::Tensor> &,
                 const optional<at::Tensor> &, bool training, double, double) {
    auto saved = at::empty({training ? x.size(1) : 0}, x.options());
    return {at::empty_like(x), saved, saved};
}

Three layer_norm(const at::Tensor &x, c10::SymIntArrayRef normalized, const optional<at::Tensor> &, const optional<at::Tensor> &, double) {
    auto shape = x.sizes().vec();
    TORCH_CHECK(normalized.size() <= shape.size(), "expected a tensor of ", normalized.size(), " or more dimensions");
    for (size_t i = 1; i <= normalized.size(); ++i) {
        auto &length = shape[shape.size() - i];
        auto expected = normalized[normalized.size() - i].expect_int();
        TORCH_CHECK(length == expected, "expected a last dimension of ", expected, ", found ", length);
        length = 1;
    }
    return {at::empty_like(x, at::MemoryFormat::Contiguous), at::empty(shape, x.options()), at::empty(shape, x.options())};
}

Three group_norm(const at::Tensor &x, const optional<at::Tensor> &, const optional<at::Tensor> &, c10::SymInt n, c10::SymInt, c10::SymInt,
                 int64_t groups, double) {
    auto saved = at::empty({n.expect_int(), groups}, x.options());
    return {at::empty_like(x), saved, saved};
}

at::Tensor adaptive_avg_pool2d(const at::Tensor &x, c10::SymIntArrayRef size) {
    auto shape = x.sizes().vec();
    for (size_t i = 0; i < 2; ++i) shape[shape.size() - 2 + i] = size[i].expect_int();
    return at::empty(shape, x.options(), x.suggest_memory_format());
}

at::Tensor index_select(const at::Tensor &x, int64_t dim, const at::Tensor &index) {
    auto shape = x.sizes().vec();
    if (!shape.empty()) shape[at::maybe_wrap_dim(dim, x.dim())] = index.numel();
    return at::empty(shape, x.options());
}

at::Tensor where(const at::Tensor &condition, const at::Tensor &a, const at::Tensor &b) {
    auto shape = at::infer_size(condition.sizes(), at::infer_size(a.sizes(), b.sizes()));
    return at::empty(shape, a.options().dtype(at::result_type(a, b)));
}

at::Tensor roll(const at::Tensor &x, Ints, at::IntArrayRef) { return at::empty_like(x, at::MemoryFormat::Contiguous); }

at::Tensor im2col(const at::Tensor &x, at::IntArrayRef kernel, at::IntArrayRef dilation, at::IntArrayRef padding, at::IntArrayRef stride) {
    auto shape = x.sizes().vec();
    int64_t places = 1, cells = 1;
    for (size_t i = 0; i < 2; ++i) {
        auto reach = dilation[i] * (kernel[i] - 1) + 1;
        places *= (shape[shape.size() - 2 + i] + 2 * padding[i] - reach) / stride[i] + 1;
        cells *= kernel[i];
    }
    auto channels = shape[shape.size() - 3] * cells;
    shape.resize(shape.size() - 3);
    shape.push_back(channels);
    shape.push_back(places);
    return at::empty(shape, x.options());
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, m) {
    m.impl("convolution_overrideable", TORCH_FN(convolution));
    m.impl("native_batch_norm", TORCH_FN(batch_norm));
    m.impl("native_layer_norm", TORCH_FN(layer_norm));
    m.impl("native_group_norm", TORCH_FN(group_norm));
    m.impl("_adaptive_avg_pool2d", TORCH_FN(adaptive_avg_pool2d));
    m.impl("index_select", TORCH_FN(index_select));
    m.impl("where.self", TORCH_FN(where));
    m.impl("roll", TORCH_FN(roll));
    m.impl("im2col", TORCH_FN(im2col));
    m.impl("relu", TORCH_FN(same));
#if TORCH_VERSION_MAJOR >= 2
    m.impl("relu_", [](at::Tensor &x) -> at::Tensor & { return x; });
#endif
}
