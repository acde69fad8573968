#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "handle.h"

// Clones for wider vectors are chosen when the library loads; the arithmetic is the same.
#if defined(__x86_64__)
#define CT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CT_CLONES
#endif

namespace {

/// Where a bilinear sample of index `i` lies (align_corners false): between `low` and `high`, at `weight` from `low`.
struct Source {
    int64_t low, high;
    float weight;

    Source(int64_t i, int64_t from, int64_t to) {
        float scale = static_cast<float>(from) / static_cast<float>(to);
        float position = std::max(0.0f, scale * (static_cast<float>(i) + 0.5f) - 0.5f);
        low = std::min(static_cast<int64_t>(position), from - 1);
        high = std::min(low + 1, from - 1);
        weight = std::min(std::max(position - static_cast<float>(low), 0.0f), 1.0f);
    }
};

CT_CLONES void blend(const float *a, const float *b, float weight, float *out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = a[i] * (1 - weight) + b[i] * weight;
}

/// The index of the largest element of the blend of `a` and `b`; the first of equals.
CT_CLONES int32_t blended_argmax(const float *a, const float *b, float weight, int32_t count) {
    constexpr int32_t lanes = 16;
    float best[lanes];
    int32_t index[lanes];
    for (int32_t l = 0; l < lanes; ++l) {
        best[l] = -std::numeric_limits<float>::infinity();
        index[l] = 0;
    }
    int32_t k = 0;
    for (; k + lanes <= count; k += lanes) {
        for (int32_t l = 0; l < lanes; ++l) {
            float value = a[k + l] * (1 - weight) + b[k + l] * weight;
            bool larger = value > best[l];
            best[l] = larger ? value : best[l];
            index[l] = larger ? k + l : index[l];
        }
    }
    for (int32_t l = 0; k < count; ++k, ++l) {
        float value = a[k] * (1 - weight) + b[k] * weight;
        if (value > best[l]) best[l] = value, index[l] = k;
    }
    int32_t winner = 0;
    for (int32_t l = 1; l < lanes; ++l) {
        if (best[l] > best[winner] || (best[l] == best[winner] && index[l] < index[winner])) winner = l;
    }
    return index[winner];
}

}  // namespace

int ct_bilinear_argmax(ct_tensor logits, int64_t first_row, int64_t source_height, int64_t height, int64_t width, int64_t begin,
                       int64_t end, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(logits);
        TORCH_CHECK(x.dim() == 3 && x.is_contiguous() && x.scalar_type() == at::kFloat && x.device().is_cpu(),
                    "expected contiguous float32 logits [h, w, k] on the CPU");
        auto rows = x.size(0), columns = x.size(1), classes = x.size(2);
        TORCH_CHECK(rows > 0 && columns > 0 && classes > 0 && height > 0 && width > 0, "expected no empty dimension");
        auto result = at::empty({end - begin, width}, at::TensorOptions().dtype(at::kInt));
        const float *data = x.data_ptr<float>();
        auto *labels = result.data_ptr<int32_t>();
        auto stride = columns * classes;
        std::vector<Source> xs;
        for (int64_t i = 0; i < width; ++i) xs.emplace_back(i, columns, width);
        for (int64_t y : {begin, end - 1}) {
            Source source(y, source_height, height);
            TORCH_CHECK(source.low >= first_row && source.high < first_row + rows, "rows ", begin, " to ", end, " need source rows ",
                        source.low, " to ", source.high, ", given are ", first_row, " to ", first_row + rows);
        }
        at::parallel_for(begin, end, 1, [&](int64_t from, int64_t to) {
            std::vector<float> line(stride);
            for (int64_t y = from; y < to; ++y) {
                Source source(y, source_height, height);
                blend(data + (source.low - first_row) * stride, data + (source.high - first_row) * stride, source.weight, line.data(),
                      stride);
                for (int64_t i = 0; i < width; ++i) {
                    labels[(y - begin) * width + i] =
                        blended_argmax(line.data() + xs[i].low * classes, line.data() + xs[i].high * classes, xs[i].weight,
                                       static_cast<int32_t>(classes));
                }
            }
        });
        *out = give(result);
    });
}
