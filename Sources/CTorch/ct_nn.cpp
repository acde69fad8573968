#include "handle.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_add_relu.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/feature_dropout.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/ops/scaled_dot_product_attention.h>
#endif

#include <cmath>

int ct_relu(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).relu()); });
}
int ct_relu_(ct_tensor x) {
    return guard([&] { T(x).relu_(); });
}
int ct_add_relu_(ct_tensor x, ct_tensor other) {
    return guard([&] {
        at::Tensor sum = T(x);
        // The one pass knows float on the CPU, and has no gradient.
        if (sum.is_cpu() && sum.scalar_type() == at::kFloat && !at::GradMode::is_enabled()) at::_add_relu_(sum, T(other));
        else sum.add_(T(other)).relu_();
    });
}
int ct_sigmoid(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).sigmoid()); });
}
int ct_tanh(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).tanh()); });
}
int ct_gelu(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(at::gelu(T(x))); });
}
int ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
    return guard([&] { *out = give(at::linear(T(x), T(weight), maybe(bias))); });
}
int ct_conv2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2],
              const int64_t dilation[2], int64_t groups, ct_tensor *out) {
    return guard([&] {
        *out = give(at::conv2d(T(x), T(weight), maybe(bias), ints(stride, 2), ints(padding, 2), ints(dilation, 2), groups));
    });
}
int ct_conv_transpose2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2],
                        const int64_t output_padding[2], int64_t groups, const int64_t dilation[2], ct_tensor *out) {
    return guard([&] {
        *out = give(at::conv_transpose2d(T(x), T(weight), maybe(bias), ints(stride, 2), ints(padding, 2),
                                         ints(output_padding, 2), groups, ints(dilation, 2)));
    });
}
int ct_layer_norm(ct_tensor x, const int64_t *shape, int64_t rank, ct_tensor weight, ct_tensor bias, double eps, ct_tensor *out) {
    return guard([&] { *out = give(at::layer_norm(T(x), ints(shape, rank), maybe(weight), maybe(bias), eps)); });
}
int ct_group_norm(ct_tensor x, int64_t groups, ct_tensor weight, ct_tensor bias, double eps, ct_tensor *out) {
    return guard([&] { *out = give(at::group_norm(T(x), groups, maybe(weight), maybe(bias), eps)); });
}
int ct_max_pool2d(ct_tensor x, const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2], bool ceil_mode,
                  ct_tensor *out) {
    return guard([&] {
        *out = give(at::max_pool2d(T(x), ints(kernel, 2), ints(stride, 2), ints(padding, 2), {1, 1}, ceil_mode));
    });
}
int ct_avg_pool2d(ct_tensor x, const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2], bool ceil_mode,
                  bool count_include_pad, ct_tensor *out) {
    return guard([&] {
        *out = give(at::avg_pool2d(T(x), ints(kernel, 2), ints(stride, 2), ints(padding, 2), ceil_mode, count_include_pad));
    });
}
int ct_adaptive_avg_pool2d(ct_tensor x, const int64_t size[2], ct_tensor *out) {
    return guard([&] { *out = give(at::adaptive_avg_pool2d(T(x), ints(size, 2))); });
}
int ct_interpolate(ct_tensor x, const int64_t size[2], int32_t mode, bool align_corners, ct_tensor *out) {
    return guard([&] {
        switch (mode) {
        case CT_NEAREST: *out = give(at::upsample_nearest2d(T(x), ints(size, 2))); break;
        case CT_BILINEAR: *out = give(at::upsample_bilinear2d(T(x), ints(size, 2), align_corners)); break;
        default: *out = give(at::upsample_bicubic2d(T(x), ints(size, 2), align_corners)); break;
        }
    });
}
int ct_embedding(ct_tensor weight, ct_tensor indices, ct_tensor *out) {
    return guard([&] { *out = give(at::embedding(T(weight), T(indices))); });
}
int ct_dropout(ct_tensor x, double probability, bool channels, ct_tensor *out) {
    return guard([&] { *out = give(channels ? at::feature_dropout(T(x), probability, true) : at::dropout(T(x), probability, true)); });
}
int ct_scaled_dot_product_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, ct_tensor *out) {
    return guard([&] {
#if TORCH_VERSION_MAJOR >= 2
        if (!T(q).is_meta()) {  // where it has shapes alone the engine lacks it
            *out = give(at::scaled_dot_product_attention(T(q), T(k), T(v), maybe(mask), 0.0, causal));
            return;
        }
#endif
        auto width = static_cast<double>(T(q).size(-1));
        auto scores = T(q).mul(1 / std::sqrt(width)).matmul(T(k).transpose(-2, -1));
        if (causal) {
            auto blocked = scores.new_ones({scores.size(-2), scores.size(-1)}, at::kBool).triu(1);
            scores = scores.masked_fill(blocked, -INFINITY);
        }
        if (mask != nullptr) scores = scores.add(T(mask));
        *out = give(scores.softmax(-1).matmul(T(v)));
    });
}
int ct_cross_entropy(ct_tensor logits, ct_tensor target, ct_tensor weight, int32_t reduction, int64_t ignore_index, ct_tensor *out) {
    return guard([&] {
        *out = give(at::cross_entropy_loss(T(logits), T(target), maybe(weight), reduction, ignore_index));
    });
}
int ct_binary_cross_entropy_with_logits(ct_tensor logits, ct_tensor target, ct_tensor weight, int32_t reduction, ct_tensor *out) {
    return guard([&] {
        *out = give(at::binary_cross_entropy_with_logits(T(logits), T(target), maybe(weight), {}, reduction));
    });
}
