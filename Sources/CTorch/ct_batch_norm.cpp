#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "channel_sums.h"
#include "clones.h"
#include "handle.h"
#include "parallel.h"

// Batch norm. Training on maps whose channels lie side by side, the engine adds up the statistics in single precision, one position after another:
// every result is off by 1e-5, sixty times as much as on other maps, and gradients of early layers by a hundredth. Here they are added up in double.

namespace {

constexpr int64_t rows_of_a_part = 512;

/// Adds `count` rows of values to the sums of their channels, and the squares to those behind them.
CT_CLONES void add_rows(const float *row, int64_t count, int64_t channels, double *__restrict sums, double *__restrict squares) {
    for (int64_t i = 0; i < count; ++i, row += channels) {
        for (int64_t c = 0; c < channels; ++c) {
            double value = row[c];
            sums[c] += value;
            squares[c] += value * value;
        }
    }
}

}  // namespace

bool ct::lies_by_channels(const at::Tensor &x) {
    if (!x.is_cpu() || x.scalar_type() != at::kFloat || x.dim() != 4 || x.numel() == 0) return false;
    return x.is_contiguous(at::MemoryFormat::ChannelsLast) && !x.is_contiguous();
}

at::Tensor ct::channel_sums(const at::Tensor &x) {
    int64_t channels = x.size(1), rows = x.numel() / channels, parts = (rows + rows_of_a_part - 1) / rows_of_a_part;
    const auto *values = x.data_ptr<float>();
    std::vector<double> sums(parts * 2 * channels);
    parallel_for(0, parts, 1, [&](int64_t from, int64_t to) {
        for (int64_t part = from; part < to; ++part) {
            int64_t first = part * rows_of_a_part;
            double *own = sums.data() + part * 2 * channels;
            add_rows(values + first * channels, std::min(rows_of_a_part, rows - first), channels, own, own + channels);
        }
    });
    auto result = at::zeros({2 * channels}, at::kDouble);
    auto *totals = result.data_ptr<double>();
    for (int64_t part = 0; part < parts; ++part) {
        for (int64_t c = 0; c < 2 * channels; ++c) totals[c] += sums[part * 2 * channels + c];
    }
    return result;
}

namespace {

struct Statistics {
    at::Tensor mean, variance;  // [c]; the variance is divided by the count
};

/// Of a map that lies by channels.
Statistics statistics(const at::Tensor &x) {
    int64_t channels = x.size(1), rows = x.numel() / channels;
    auto sums = channel_sums(x);
    const auto *totals = sums.data_ptr<double>();
    auto options = x.options().memory_format(at::MemoryFormat::Contiguous);
    Statistics result{at::empty({channels}, options), at::empty({channels}, options)};
    for (int64_t c = 0; c < channels; ++c) {
        double mean = totals[c] / rows;
        result.mean.data_ptr<float>()[c] = static_cast<float>(mean);
        double variance = totals[channels + c] / rows - mean * mean;
        result.variance.data_ptr<float>()[c] = static_cast<float>(variance < 0 ? 0 : variance);  // not a number stays so
    }
    return result;
}

struct BatchNorm : torch::autograd::Function<BatchNorm> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                              const at::Tensor &mean, const at::Tensor &variance, double eps) {
        context->save_for_backward({x, weight, mean, variance.add(eps).rsqrt()});
        context->saved_data["eps"] = eps;
        return std::get<0>(at::native_batch_norm(x, weight, bias, mean, variance, /*training=*/false, 0, eps));
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        auto saved = context->get_saved_variables();
        auto [x, weight, bias] = at::native_batch_norm_backward(outer[0], saved[0], saved[1], {}, {}, saved[2], saved[3], /*train=*/true,
                                                                context->saved_data["eps"].toDouble(), {true, true, true});
        return {x, weight, bias, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

bool is_row(const at::Tensor &x, int64_t channels) { return x.is_cpu() && x.scalar_type() == at::kFloat && x.numel() == channels && x.dim() == 1; }

/// Whether all are what the sums are written for.
bool fits_sums(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean, const at::Tensor &variance) {
    if (!lies_by_channels(x)) return false;
    int64_t c = x.size(1);
    return is_row(weight, c) && is_row(bias, c) && is_row(mean, c) && is_row(variance, c);
}

at::Tensor trained(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean, const at::Tensor &variance,
                   double momentum, double eps) {
    auto batch = statistics(x);
    {
        c10::NoGradGuard guard;
        double count = static_cast<double>(x.numel() / x.size(1));
        mean.mul_(1 - momentum).add_(batch.mean, momentum);
        variance.mul_(1 - momentum).add_(batch.variance, momentum * count / std::max(count - 1, 1.0));
    }
    return BatchNorm::apply(x, weight, bias, batch.mean, batch.variance, eps);
}

}  // namespace

int ct_batch_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor mean, ct_tensor variance, bool training,
                  double momentum, double eps, ct_tensor *out) {
    return guard([&] {
        bool complete = weight != nullptr && bias != nullptr && mean != nullptr && variance != nullptr;
        if (training && complete && fits_sums(T(x), T(weight), T(bias), T(mean), T(variance))) {
            *out = give(trained(T(x), T(weight), T(bias), T(mean), T(variance), momentum, eps));
            return;
        }
        *out = give(at::batch_norm(T(x), maybe(weight), maybe(bias), maybe(mean), maybe(variance), training, momentum, eps,
                                   /*cudnn_enabled=*/true));
    });
}
