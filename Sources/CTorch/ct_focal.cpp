#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "clones.h"
#include "exponential.h"
#include "handle.h"
#include "known_gradient.h"
#include "parallel.h"

// The focal loss of many anchors and classes in one pass: operation by operation it would take a dozen tensors of the logits' size.

namespace {

constexpr int64_t lanes = 16;
constexpr int64_t rows_a_block = 512;  // sums of blocks are added in order, whatever the number of threads

struct Element {
    float loss, gradient;
};

/// The loss `b p^gamma (-log(1 - p))` of p = sigmoid(z) and its derivative: a negative at its logit, a positive at its logit's opposite.
inline Element element(float z, float balance, float gamma) {
    float e = exp_below_zero(-std::fabs(z));
    float rest = log_one_plus(e);
    float p = (z >= 0 ? 1.0f : e) / (1.0f + e), q = (z >= 0 ? e : 1.0f) / (1.0f + e);
    float missed = std::max(z, 0.0f) + rest;                                    // -log(1 - p)
    float power = balance * exp_below_zero(-gamma * (std::max(-z, 0.0f) + rest));  // p^gamma, by -log p
    return {power * missed, power * (gamma * q * missed + p)};
}

/// Row `x` as negatives throughout: the sum of their losses; their gradients go to `gradient`, if it is requested.
CT_CLONES float negatives(const float *x, float *gradient, int64_t count, float balance, float gamma) {
    float sum[lanes] = {};
    int64_t k = 0;
    for (; k + lanes <= count; k += lanes) {
        for (int64_t l = 0; l < lanes; ++l) {
            Element y = element(x[k + l], balance, gamma);
            sum[l] += y.loss;
            gradient[k + l] = y.gradient;
        }
    }
    for (; k < count; ++k) {
        Element y = element(x[k], balance, gamma);
        sum[0] += y.loss;
        gradient[k] = y.gradient;
    }
    float total = 0;
    for (float part : sum) total += part;
    return total;
}

CT_CLONES void scale(float *x, float factor, int64_t count) {
    for (int64_t k = 0; k < count; ++k) x[k] *= factor;
}

struct Problem {
    const float *logits;     // [n, k]
    const int64_t *classes;  // [n]
    const float *weights;    // [n] or null
    int64_t rows, count;
    float gamma, alpha;
};

/// The summed loss, and where `gradient` is not null its gradient `[n, k]`.
double run(const Problem &p, float *gradient) {
    int64_t blocks = (p.rows + rows_a_block - 1) / rows_a_block;
    std::vector<double> losses(blocks, 0.0);
    float plus = p.alpha, minus = 1 - p.alpha;
    parallel_for(0, blocks, 1, [&](int64_t from, int64_t to) {
        std::vector<float> scratch(gradient == nullptr ? p.count : 0);
        for (int64_t i = from * rows_a_block; i < std::min(p.rows, to * rows_a_block); ++i) {
            const float *x = p.logits + i * p.count;
            float *own = gradient == nullptr ? scratch.data() : gradient + i * p.count;
            float weight = p.weights == nullptr ? 1.0f : p.weights[i];
            if (weight == 0) {
                std::fill(own, own + p.count, 0.0f);
                continue;
            }
            double loss = negatives(x, own, p.count, minus, p.gamma);
            int64_t label = p.classes[i];
            if (label >= 0 && label < p.count) {
                Element positive = element(-x[label], plus, p.gamma);
                loss += positive.loss - element(x[label], minus, p.gamma).loss;
                own[label] = -positive.gradient;
            }
            losses[i / rows_a_block] += weight * loss;
            if (gradient != nullptr && weight != 1) scale(own, weight, p.count);
        }
    });
    double loss = 0;
    for (double part : losses) loss += part;
    return loss;
}

struct FocalLoss : torch::autograd::Function<FocalLoss> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &logits, const at::Tensor &classes,
                              const at::Tensor &weights, double gamma, double alpha, bool differentiates) {
        auto x = logits.to(at::kFloat).contiguous();
        auto y = classes.contiguous();
        auto w = weights.to(at::kFloat).contiguous();  // empty where every row counts alike
        auto gradient = at::empty(differentiates ? x.sizes() : at::IntArrayRef({0}), x.options());
        Problem problem{x.data_ptr<float>(), y.data_ptr<int64_t>(), w.numel() > 0 ? w.data_ptr<float>() : nullptr, x.size(0), x.size(1),
                        static_cast<float>(gamma), static_cast<float>(alpha)};
        double loss = run(problem, differentiates ? gradient.data_ptr<float>() : nullptr);
        return with_gradient(context, logits, gradient, loss);
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        return {known_gradient(context, outer), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

int ct_focal_loss(ct_tensor logits, ct_tensor classes, ct_tensor weights, double gamma, double alpha, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(logits);
        const auto &y = T(classes);
        TORCH_CHECK(x.dim() == 2 && y.dim() == 1 && x.size(0) == y.size(0), "expected logits [n, k] and a class for each of the n rows");
        TORCH_CHECK(x.device().is_cpu() && y.device().is_cpu() && y.scalar_type() == at::kLong, "expected int64 classes, all on the CPU");
        TORCH_CHECK(weights == nullptr || (T(weights).dim() == 1 && T(weights).size(0) == x.size(0) && T(weights).device().is_cpu()),
                    "expected a weight for each of the ", x.size(0), " rows");
        bool differentiates = at::GradMode::is_enabled() && x.requires_grad();
        // Weights of no rows are as empty as none.
        auto w = weights == nullptr ? at::empty({0}, x.options()) : T(weights);
        *out = give(FocalLoss::apply(x, y, w, gamma, alpha, differentiates));
    });
}
