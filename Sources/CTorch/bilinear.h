// Bilinear resizing (align_corners false) row by row. Internal to CTorch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "clones.h"

namespace {

/// Where a bilinear sample of index `i` lies: between `low` and `high`, at `weight` from `low`.
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

}  // namespace
