// 3×3 convolutions at inference with a quarter of the multiplications: Winograd's F(4×4, 3×3) on channels-last maps. (Lavin & Gray 2016)
//
// The interpolation points are 0, ±5/8, ±3/2 and infinity: with them the result is about as far from the exact sum as the direct sum in
// float32 is, where the usual 0, ±1, ±2 lose five times as much. (Compare Barabasz et al. 2020.)
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "clones.h"
#include "handle.h"
#include "parallel.h"

// Present where the engine computes on OpenBLAS.
extern "C" __attribute__((weak)) void openblas_set_num_threads(int count);
extern "C" __attribute__((weak)) int openblas_get_num_threads(void);

namespace {

constexpr int64_t points = 36;  // of a tile, before and after the product
constexpr int64_t span = 6, step = 4;  // a tile reads 6 × 6 and writes 4 × 4
constexpr int64_t chunk = 64;  // channels that are transformed together: the tile stays in the first cache
constexpr int64_t block = 64;  // tiles that are multiplied together: they stay in the second
constexpr float p = 0.625F, q = 1.5F, p2 = p * p, q2 = q * q;

/// Bᵀ on one line of six vectors.
CT_CLONES void input_line(const float *const d[span], float *const r[span], int64_t count) {
    const float *d0 = d[0], *d1 = d[1], *d2 = d[2], *d3 = d[3], *d4 = d[4], *d5 = d[5];
    float *r0 = r[0], *r1 = r[1], *r2 = r[2], *r3 = r[3], *r4 = r[4], *r5 = r[5];
#pragma clang loop vectorize(assume_safety)
    for (int64_t c = 0; c < count; ++c) {
        float even_p = d4[c] - q2 * d2[c], odd_p = p * (d3[c] - q2 * d1[c]);
        float even_q = d4[c] - p2 * d2[c], odd_q = q * (d3[c] - p2 * d1[c]);
        r0[c] = d4[c] - (p2 + q2) * d2[c] + p2 * q2 * d0[c];
        r1[c] = even_p + odd_p;
        r2[c] = even_p - odd_p;
        r3[c] = even_q + odd_q;
        r4[c] = even_q - odd_q;
        r5[c] = d5[c] - (p2 + q2) * d3[c] + p2 * q2 * d1[c];
    }
}

/// Aᵀ on one line of six vectors.
CT_CLONES void output_line(const float *const m[span], float *const y[step], int64_t count) {
    const float *m0 = m[0], *m1 = m[1], *m2 = m[2], *m3 = m[3], *m4 = m[4], *m5 = m[5];
    float *y0 = y[0], *y1 = y[1], *y2 = y[2], *y3 = y[3];
#pragma clang loop vectorize(assume_safety)
    for (int64_t c = 0; c < count; ++c) {
        float even_p = m1[c] + m2[c], odd_p = m1[c] - m2[c], even_q = m3[c] + m4[c], odd_q = m3[c] - m4[c];
        y0[c] = m0[c] + even_p + even_q;
        y1[c] = p * odd_p + q * odd_q;
        y2[c] = p2 * even_p + q2 * even_q;
        y3[c] = p * p2 * odd_p + q * q2 * odd_q + m5[c];
    }
}

CT_CLONES void finish(const float *y, const float *bias, bool relu, float *out, int64_t count) {
    for (int64_t c = 0; c < count; ++c) {
        float value = y[c] + bias[c];
        out[c] = relu && value < 0 ? 0 : value;
    }
}

/// The kernel of one pair of channels: `G g Gᵀ`, in double.
void kernel_points(const double g[3][3], double u[span][span]) {
    constexpr double a = p, b = q, a2 = a * a, b2 = b * b;
    constexpr double at[span - 1] = {0, a, -a, b, -b};
    constexpr double norm[span - 1] = {a2 * b2, 2 * a2 * (a2 - b2), 2 * a2 * (a2 - b2), 2 * b2 * (b2 - a2), 2 * b2 * (b2 - a2)};
    double rows[span][3];
    for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < span - 1; ++i) rows[i][j] = (g[0][j] + at[i] * (g[1][j] + at[i] * g[2][j])) / norm[i];
        rows[span - 1][j] = g[2][j];
    }
    for (int i = 0; i < span; ++i) {
        for (int j = 0; j < span - 1; ++j) u[i][j] = (rows[i][0] + at[j] * (rows[i][1] + at[j] * rows[i][2])) / norm[j];
        u[i][span - 1] = rows[i][2];
    }
}

struct Layer {
    const float *x;  // [n, h, w, in]
    const float *kernels;  // [36, in, out]
    const float *bias;  // [out]
    float *y;  // [n, h, w, out]
    int64_t height, width, in, out, rows, columns;  // rows and columns of tiles
    bool relu;

    struct Tile {
        int64_t image, y, x;
    };
    Tile tile(int64_t index) const { return {index / (rows * columns), index / columns % rows * step, index % columns * step}; }

    /// The transformed tile as 36 vectors `v[point * stride …]`. A map is surrounded by one pixel of zeros.
    void transform_input(Tile tile, const float *zeros, float *v, int64_t stride) const {
        const float *pixels[span][span];
        for (int64_t i = 0; i < span; ++i) {
            for (int64_t j = 0; j < span; ++j) {
                int64_t row = tile.y + i - 1, column = tile.x + j - 1;
                bool inside = row >= 0 && row < height && column >= 0 && column < width;
                pixels[j][i] = inside ? x + ((tile.image * height + row) * width + column) * in : zeros;
            }
        }
        float half[points][chunk];
        for (int64_t c = 0; c < in; c += chunk) {
            int64_t count = std::min(chunk, in - c);
            for (int64_t j = 0; j < span; ++j) {
                const float *source[span];
                float *target[span];
                for (int64_t i = 0; i < span; ++i) {
                    source[i] = pixels[j][i] + (pixels[j][i] == zeros ? 0 : c);
                    target[i] = half[i * span + j];
                }
                input_line(source, target, count);
            }
            for (int64_t i = 0; i < span; ++i) {
                const float *source[span];
                float *target[span];
                for (int64_t j = 0; j < span; ++j) {
                    source[j] = half[i * span + j];
                    target[j] = v + (i * span + j) * stride + c;
                }
                input_line(source, target, count);
            }
        }
    }

    void transform_output(Tile tile, const float *m, int64_t stride) const {
        float half[step * span][chunk], square[step * step][chunk];
        for (int64_t c = 0; c < out; c += chunk) {
            int64_t count = std::min(chunk, out - c);
            for (int64_t j = 0; j < span; ++j) {
                const float *source[span];
                float *target[step];
                for (int64_t i = 0; i < span; ++i) source[i] = m + (i * span + j) * stride + c;
                for (int64_t i = 0; i < step; ++i) target[i] = half[i * span + j];
                output_line(source, target, count);
            }
            for (int64_t i = 0; i < std::min(step, height - tile.y); ++i) {
                const float *source[span];
                float *target[step];
                for (int64_t j = 0; j < span; ++j) source[j] = half[i * span + j];
                for (int64_t j = 0; j < step; ++j) target[j] = square[i * step + j];
                output_line(source, target, count);
                float *row = y + ((tile.image * height + tile.y + i) * width + tile.x) * out + c;
                for (int64_t j = 0; j < std::min(step, width - tile.x); ++j)
                    finish(square[i * step + j], bias + c, relu, row + j * out, count);
            }
        }
    }

    /// Tiles `begin` to `end`: transform, 36 products `[tiles, in] · [in, out]`, transform back.
    void compute(int64_t begin, int64_t end, const float *zeros, float *v, float *m) const {
        int64_t count = end - begin;
        for (int64_t t = 0; t < count; ++t) transform_input(tile(begin + t), zeros, v + t * in, count * in);
        for (int64_t i = 0; i < points; ++i) {
            auto product = at::from_blob(m + i * count * out, {count, out}, at::kFloat);
            auto left = at::from_blob(v + i * count * in, {count, in}, at::kFloat);
            auto right = at::from_blob(const_cast<float *>(kernels) + i * in * out, {in, out}, at::kFloat);
            at::mm_out(product, left, right);
        }
        for (int64_t t = 0; t < count; ++t) transform_output(tile(begin + t), m + t * out, count * out);
    }
};

/// While it lives OpenBLAS computes in the calling thread alone: the threads share out tiles, not products.
struct OneThreadEach {
    int before = openblas_get_num_threads != nullptr ? openblas_get_num_threads() : 0;

    OneThreadEach() {
        if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    }
    ~OneThreadEach() {
        if (openblas_set_num_threads != nullptr) openblas_set_num_threads(before);
    }
};

}  // namespace

int ct_winograd_kernels(ct_tensor weight, ct_tensor *out) {
    return guard([&] {
        at::AutoDispatchBelowADInplaceOrView no_gradients;
        auto w = T(weight).permute({2, 3, 1, 0}).contiguous();  // [3, 3, in, out]
        auto in = w.size(2), channels = w.size(3);
        auto result = at::empty({points, in, channels}, w.options());
        const float *from = w.data_ptr<float>();
        float *to = result.data_ptr<float>();
        parallel_for(0, in * channels, 4096, [&](int64_t begin, int64_t end) {
            for (int64_t pair = begin; pair < end; ++pair) {
                double g[3][3], u[span][span];
                for (int i = 0; i < 9; ++i) g[i / 3][i % 3] = from[i * in * channels + pair];
                kernel_points(g, u);
                for (int i = 0; i < points; ++i) to[i * in * channels + pair] = static_cast<float>(u[i / span][i % span]);
            }
        });
        *out = give(std::move(result));
    });
}
int ct_winograd_conv2d(ct_tensor x, ct_tensor kernels, ct_tensor bias, bool relu, ct_tensor *out) {
    return guard([&] {
        at::AutoDispatchBelowADInplaceOrView no_gradients;
        auto input = T(x).contiguous(at::MemoryFormat::ChannelsLast);
        auto n = input.size(0), in = input.size(1), h = input.size(2), w = input.size(3), channels = T(kernels).size(2);
        auto result = at::empty({n, channels, h, w}, input.options(), at::MemoryFormat::ChannelsLast);
        auto shift = bias != nullptr ? T(bias) : at::zeros({channels}, input.options());
        auto zeros = at::zeros({std::min(in, chunk)}, input.options());
        Layer layer{input.data_ptr<float>(), T(kernels).data_ptr<float>(), shift.data_ptr<float>(), result.data_ptr<float>(), h, w,
                    in, channels, (h + step - 1) / step, (w + step - 1) / step, relu};
        int64_t tiles = n * layer.rows * layer.columns, threads = at::get_num_threads();
        int64_t size = std::min(block, (tiles + threads - 1) / threads);
        OneThreadEach single;
        parallel_for(0, (tiles + size - 1) / size, 1, [&](int64_t begin, int64_t end) {
            at::AutoDispatchBelowADInplaceOrView no_gradients_here;
            auto v = at::empty({points * size * in}, input.options()), m = at::empty({points * size * channels}, input.options());
            for (int64_t b = begin; b < end; ++b)
                layer.compute(b * size, std::min(tiles, (b + 1) * size), zeros.data_ptr<float>(), v.data_ptr<float>(),
                              m.data_ptr<float>());
        });
        *out = give(std::move(result));
    });
}
