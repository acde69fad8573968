// e^x and log(1 + x), written so that compilers make vector code of loops over them. Internal to CTorch.
#pragma once

#include <algorithm>
#include <cstdint>

namespace {

/// e^x for x <= 0, to about one unit in the last place.
inline float exp_below_zero(float x) {
    x = std::max(x, -87.0f);
    float n = static_cast<float>(static_cast<int32_t>(x * 1.44269504f - 0.5f));  // rounds to nearest for x <= 0
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
    float power;
    __builtin_memcpy(&power, &bits, sizeof power);
    return p * power;
}

/// log(1 + x) for 0 <= x <= 1, to about two units in the last place: 2 atanh(x / (2 + x)) by its series.
inline float log_one_plus(float x) {
    float s = x / (2.0f + x), t = s * s;  // s <= 1/3
    float p = 1.0f / 15;
    p = p * t + 1.0f / 13;
    p = p * t + 1.0f / 11;
    p = p * t + 1.0f / 9;
    p = p * t + 1.0f / 7;
    p = p * t + 1.0f / 5;
    p = p * t + 1.0f / 3;
    return 2.0f * s * (p * t + 1.0f);
}

}  // namespace
