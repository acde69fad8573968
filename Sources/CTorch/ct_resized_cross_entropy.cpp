#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bilinear.h"
#include "exponential.h"
#include "handle.h"
#include "known_gradient.h"
#include "parallel.h"

// Cross-entropy of logits that are upsampled bilinearly to the size of the labels, in one pass that
// never holds the upsampled logits: for every row of labels the logits are interpolated and compared,
// and their gradient is added to the two rows of logits that they came from.

namespace {

constexpr int64_t lanes = 16;

/// Blends two vectors of logits into `out` and returns the largest element.
CT_CLONES float blended_max(const float *a, const float *b, float weight, float *out, int64_t count) {
    float best[lanes];
    std::fill(best, best + lanes, -std::numeric_limits<float>::infinity());
    int64_t k = 0;
    for (; k + lanes <= count; k += lanes) {
        for (int64_t l = 0; l < lanes; ++l) {
            float value = a[k + l] * (1 - weight) + b[k + l] * weight;
            out[k + l] = value;
            best[l] = value > best[l] ? value : best[l];
        }
    }
    for (; k < count; ++k) {
        out[k] = a[k] * (1 - weight) + b[k] * weight;
        best[0] = std::max(best[0], out[k]);
    }
    return *std::max_element(best, best + lanes);
}

/// Replaces logits by e^(logit - largest) and returns their sum, added up in a fixed order.
CT_CLONES float exponentials(float *values, float largest, int64_t count) {
    float sum[lanes] = {};
    int64_t k = 0;
    for (; k + lanes <= count; k += lanes) {
        for (int64_t l = 0; l < lanes; ++l) {
            float value = exp_below_zero(values[k + l] - largest);
            values[k + l] = value;
            sum[l] += value;
        }
    }
    for (; k < count; ++k) {
        values[k] = exp_below_zero(values[k] - largest);
        sum[0] += values[k];
    }
    float total = 0;
    for (float part : sum) total += part;
    return total;
}

/// Spreads a gradient over the two places that a value was blended from.
CT_CLONES void spread(const float *gradient, float low, float high, float *a, float *b, int64_t count) {
    for (int64_t k = 0; k < count; ++k) {
        a[k] += gradient[k] * low;
        b[k] += gradient[k] * high;
    }
}

CT_CLONES void add_scaled(const float *x, float factor, float *out, int64_t count) {
    for (int64_t k = 0; k < count; ++k) out[k] += x[k] * factor;
}

struct Problem {
    const float *logits;     // [n, h, w, k]
    const int64_t *labels;   // [n, height, width]
    const float *weights;    // [k] or null
    int64_t count, h, w, classes, height, width, ignore;
};

/// The rows of labels between two rows of logits: their loss, and their gradient with respect to those two rows.
struct Band {
    const Problem &p;
    std::vector<float> blended, scores, row_gradient;

    explicit Band(const Problem &problem)
        : p(problem), blended(p.w * p.classes), scores(p.classes), row_gradient(p.w * p.classes) {}

    /// Adds up the loss of rows first..<last of image n; adds to the gradients of the rows of logits `low` and its upper neighbour.
    double run(int64_t n, int64_t first, int64_t last, const std::vector<Source> &xs, float *low_gradient, float *high_gradient) {
        double loss = 0;
        auto stride = p.w * p.classes;
        for (int64_t y = first; y < last; ++y) {
            Source source(y, p.h, p.height);
            blend(p.logits + (n * p.h + source.low) * stride, p.logits + (n * p.h + source.high) * stride, source.weight,
                  blended.data(), stride);
            std::fill(row_gradient.begin(), row_gradient.end(), 0.0f);
            for (int64_t x = 0; x < p.width; ++x) {
                int64_t label = p.labels[(n * p.height + y) * p.width + x];
                if (label == p.ignore) continue;
                const auto &place = xs[x];
                const float *a = blended.data() + place.low * p.classes, *b = blended.data() + place.high * p.classes;
                float largest = blended_max(a, b, place.weight, scores.data(), p.classes);
                float target = scores[label];
                float sum = exponentials(scores.data(), largest, p.classes);
                float weight = p.weights == nullptr ? 1.0f : p.weights[label];
                loss += static_cast<double>(weight) * (std::log(static_cast<double>(sum)) + largest - target);
                float factor = weight / sum;
                scores[label] -= sum;  // the gradient is softmax - 1 at the label
                spread(scores.data(), factor * (1 - place.weight), factor * place.weight, row_gradient.data() + place.low * p.classes,
                       row_gradient.data() + place.high * p.classes, p.classes);
            }
            add_scaled(row_gradient.data(), 1 - source.weight, low_gradient, stride);
            add_scaled(row_gradient.data(), source.weight, high_gradient, stride);
        }
        return loss;
    }
};

void check_labels(const Problem &p) {
    for (int64_t i = 0; i < p.count * p.height * p.width; ++i) {
        int64_t label = p.labels[i];
        TORCH_CHECK(label == p.ignore || (label >= 0 && label < p.classes), "label ", label, " at image ", i / (p.height * p.width), ", row ",
                    i / p.width % p.height, ", column ", i % p.width, " is none of the ", p.classes, " classes and not the ignored ", p.ignore);
    }
}

/// The summed loss, and its gradient `[n, h, w, k]`. The order of additions does not depend on the number of threads.
double run(const Problem &p, float *gradient) {
    check_labels(p);
    std::vector<Source> xs;
    for (int64_t x = 0; x < p.width; ++x) xs.emplace_back(x, p.w, p.width);
    // Rows of labels by the row of logits below them.
    std::vector<int64_t> first(p.h + 1, p.height);
    for (int64_t y = p.height - 1; y >= 0; --y) first[Source(y, p.h, p.height).low] = y;
    for (int64_t r = p.h - 1; r >= 0; --r) first[r] = std::min(first[r], first[r + 1]);
    auto stride = p.w * p.classes;
    std::vector<float> above(p.count * p.h * stride, 0.0f);  // what band r gives to row r + 1
    std::vector<double> losses(p.count * p.h, 0.0);
    parallel_for(0, p.count * p.h, 1, [&](int64_t from, int64_t to) {
        Band band(p);
        for (int64_t i = from; i < to; ++i) {
            losses[i] = band.run(i / p.h, first[i % p.h], first[i % p.h + 1], xs, gradient + i * stride, above.data() + i * stride);
        }
    });
    parallel_for(0, p.count * p.h, 1, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
            int64_t r = i % p.h;
            if (r > 0) add_scaled(above.data() + (i - 1) * stride, 1, gradient + i * stride, stride);
            if (r == p.h - 1) add_scaled(above.data() + i * stride, 1, gradient + i * stride, stride);  // the last row is its own neighbour
        }
    });
    double loss = 0;
    for (double part : losses) loss += part;
    return loss;
}

struct ResizedCrossEntropy : torch::autograd::Function<ResizedCrossEntropy> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &logits, const at::Tensor &labels,
                              const at::Tensor &weights, int64_t ignore) {
        auto x = logits.to(at::kFloat).permute({0, 2, 3, 1}).contiguous();  // [n, h, w, k]
        auto y = labels.contiguous();
        auto w = weights.to(at::kFloat).contiguous();  // empty where every class counts alike
        auto gradient = at::zeros(x.sizes(), x.options());
        Problem problem{x.data_ptr<float>(), y.data_ptr<int64_t>(), w.numel() > 0 ? w.data_ptr<float>() : nullptr,
                        x.size(0), x.size(1), x.size(2), x.size(3), y.size(1), y.size(2), ignore};
        double loss = run(problem, gradient.data_ptr<float>());
        return with_gradient(context, logits, gradient, loss);
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        return {known_gradient(context, outer).permute({0, 3, 1, 2}), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

int ct_resized_cross_entropy(ct_tensor logits, ct_tensor labels, ct_tensor weights, int64_t ignore_index, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(logits);
        const auto &y = T(labels);
        TORCH_CHECK(x.dim() == 4 && y.dim() == 3 && x.size(0) == y.size(0), "expected logits [n, k, h, w] and labels [n, height, width]");
        TORCH_CHECK(x.device().is_cpu() && y.device().is_cpu() && y.scalar_type() == at::kLong, "expected int64 labels, all on the CPU");
        TORCH_CHECK(x.numel() > 0 && y.numel() > 0, "expected no empty dimension");
        TORCH_CHECK(weights == nullptr || T(weights).numel() == x.size(1), "expected a weight for each of the ", x.size(1), " classes");
        *out = give(ResizedCrossEntropy::apply(x, y, weights == nullptr ? at::empty({0}, x.options()) : T(weights), ignore_index));
    });
}
