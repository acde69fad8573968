#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "channel_sums.h"
#include "clones.h"
#include "parallel.h"
#include "process_group.h"

// Batch norm whose statistics are those of the batches of all processes together. Each direction has one collective, of sums in double; the
// number of positions is among them, so that processes may have unequal batches.

namespace {

constexpr int64_t rows_of_a_part = 512;

/// Σg and Σg·(x − mean) of `count` rows, added to the sums of their channels.
CT_CLONES void add_rows(const float *x, const float *g, const float *mean, int64_t count, int64_t channels, double *__restrict sums,
                        double *__restrict products) {
    for (int64_t i = 0; i < count; ++i, x += channels, g += channels) {
        for (int64_t c = 0; c < channels; ++c) {
            double gradient = g[c];
            sums[c] += gradient;
            products[c] += gradient * (x[c] - mean[c]);
        }
    }
}

/// a·(g − s) + b·(x − mean) of `count` rows.
CT_CLONES void combine_rows(const float *x, const float *g, const float *mean, const float *a, const float *s, const float *b, int64_t count,
                            int64_t channels, float *__restrict out) {
    for (int64_t i = 0; i < count; ++i, x += channels, g += channels, out += channels) {
        for (int64_t c = 0; c < channels; ++c) out[c] = a[c] * (g[c] - s[c]) + b[c] * (x[c] - mean[c]);
    }
}

/// Every dimension but that of the channels.
std::vector<int64_t> positions(const at::Tensor &x) {
    std::vector<int64_t> dims{0};
    for (int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
    return dims;
}

/// `[c]` as a factor of maps like `x`.
at::Tensor by_channel(const at::Tensor &values, const at::Tensor &x) {
    std::vector<int64_t> shape(x.dim(), 1);
    shape[1] = x.size(1);
    return values.view(shape);
}

/// Σx, Σx² of every channel, and the number of positions: double `[2c + 1]`.
at::Tensor forward_sums(const at::Tensor &x) {
    int64_t channels = x.size(1);
    auto options = x.options().dtype(at::kDouble).memory_format(at::MemoryFormat::Contiguous);
    auto count = at::full({1}, static_cast<double>(x.numel() / channels), options);
    if (lies_by_channels(x)) return at::cat({channel_sums(x), count});
    auto wide = x.to(at::kDouble);
    return at::cat({wide.sum(positions(x)), wide.square().sum(positions(x)), count});
}

/// Σg and Σg·(x − mean) of every channel: double `[2c]`.
at::Tensor backward_sums(const at::Tensor &x, const at::Tensor &g, const at::Tensor &mean) {
    int64_t channels = x.size(1);
    if (!lies_by_channels(x)) {
        auto wide = g.to(at::kDouble);
        auto centred = x.to(at::kDouble) - by_channel(mean, x);
        return at::cat({wide.sum(positions(x)), (wide * centred).sum(positions(x))});
    }
    int64_t rows = x.numel() / channels, parts = (rows + rows_of_a_part - 1) / rows_of_a_part;
    std::vector<double> sums(parts * 2 * channels);
    const float *xs = x.data_ptr<float>(), *gs = g.data_ptr<float>(), *means = mean.data_ptr<float>();
    parallel_for(0, parts, 1, [&](int64_t from, int64_t to) {
        for (int64_t part = from; part < to; ++part) {
            int64_t first = part * rows_of_a_part;
            double *own = sums.data() + part * 2 * channels;
            add_rows(xs + first * channels, gs + first * channels, means, std::min(rows_of_a_part, rows - first), channels, own,
                     own + channels);
        }
    });
    auto result = at::zeros({2 * channels}, at::kDouble);
    auto *totals = result.data_ptr<double>();
    for (int64_t part = 0; part < parts; ++part) {
        for (int64_t c = 0; c < 2 * channels; ++c) totals[c] += sums[part * 2 * channels + c];
    }
    return result;
}

/// a·(g − s) + b·(x − mean), all but the maps `[c]`.
at::Tensor combined(const at::Tensor &x, const at::Tensor &g, const at::Tensor &mean, const at::Tensor &a, const at::Tensor &s,
                    const at::Tensor &b) {
    if (!lies_by_channels(x)) {
        return (g - by_channel(s, x)) * by_channel(a, x) + (x - by_channel(mean, x)) * by_channel(b, x);
    }
    auto out = at::empty_like(x);
    int64_t channels = x.size(1), rows = x.numel() / channels;
    const float *xs = x.data_ptr<float>(), *gs = g.data_ptr<float>();
    float *outs = out.data_ptr<float>();
    parallel_for(0, rows, rows_of_a_part, [&](int64_t from, int64_t to) {
        combine_rows(xs + from * channels, gs + from * channels, mean.data_ptr<float>(), a.data_ptr<float>(), s.data_ptr<float>(),
                     b.data_ptr<float>(), to - from, channels, outs + from * channels);
    });
    return out;
}

struct SyncBatchNorm : torch::autograd::Function<SyncBatchNorm> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                              const at::Tensor &running_mean, const at::Tensor &running_variance, double momentum, double eps,
                              const c10::intrusive_ptr<ct_group_impl> &group) {
        int64_t channels = x.size(1);
        auto sums = forward_sums(x);
        sum_over(*group, sums);
        auto count = sums.narrow(0, 2 * channels, 1);
        auto wide_mean = sums.narrow(0, 0, channels) / count;
        auto wide_variance = (sums.narrow(0, channels, channels) / count - wide_mean.square()).clamp_min(0);
        auto mean = wide_mean.to(weight.scalar_type());
        auto variance = wide_variance.to(weight.scalar_type());
        running_mean.mul_(1 - momentum).add_(mean, momentum);
        auto unbiased = wide_variance * (count / (count - 1).clamp_min(1));
        running_variance.mul_(1 - momentum).add_(unbiased.to(weight.scalar_type()), momentum);
        context->save_for_backward({x, weight, mean, (variance + eps).rsqrt(), count});
        context->saved_data["group"] = at::IValue::make_capsule(group);
        return std::get<0>(at::native_batch_norm(x, weight, bias, mean, variance, /*training=*/false, 0, eps));
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &mean = saved[2], &scale = saved[3], &count = saved[4];
        int64_t channels = x.size(1);
        auto format = x.suggest_memory_format();
        auto g = outer[0].to(x.scalar_type()).contiguous(format);
        auto own = backward_sums(x, g, mean);
        auto sums = own.clone();
        auto group = context->saved_data["group"].toCapsule();
        sum_over(static_cast<const ct_group_impl &>(*group), sums);
        auto type = weight.scalar_type();
        auto shift = (sums.narrow(0, 0, channels) / count).to(type);
        auto slope = (sums.narrow(0, channels, channels) / count).to(type);
        auto a = weight * scale;
        auto b = -a * scale.square() * slope;
        // Gradients of weight and bias are this process's own: they are averaged with all others.
        auto weight_gradient = (own.narrow(0, channels, channels) * scale).to(type);
        auto bias_gradient = own.narrow(0, 0, channels).to(type);
        auto none = at::Tensor();
        return {combined(x, g, mean, a, shift, b), weight_gradient, bias_gradient, none, none, none, none, none};
    }
};

}  // namespace

int ct_sync_batch_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor mean, ct_tensor variance, double momentum, double eps,
                       ct_group group, ct_tensor *out) {
    return guard([&] {
        const auto &map = T(x);
        TORCH_CHECK(map.dim() >= 2 && map.numel() > 0 && map.size(1) == T(weight).numel(), "expected a map of ", T(weight).numel(), " channels, found ",
                    map.sizes());
        // Statistics and sums are those of the values; the result has the type of the map.
        auto type = map.scalar_type();
        auto values = type == at::kDouble ? map : map.to(at::kFloat);
        auto dense = values.contiguous(values.dim() == 4 ? values.suggest_memory_format() : at::MemoryFormat::Contiguous);
        auto result = SyncBatchNorm::apply(dense, T(weight), T(bias), T(mean), T(variance), momentum, eps,
                                           c10::intrusive_ptr<ct_group_impl>::reclaim_copy(group));
        *out = give(result.to(type));
    });
}
