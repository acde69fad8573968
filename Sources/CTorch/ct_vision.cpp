#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bilinear.h"
#include "handle.h"
#include "parallel.h"

namespace {

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

CT_CLONES void add_blend(const float *a, const float *b, float weight, float *out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] += a[i] * (1 - weight) + b[i] * weight;
}

CT_CLONES void scale(float *values, float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) values[i] *= factor;
}

/// The rows at hand of one window's logits, and where the window lies in the view.
struct WindowRows {
    const float *data;
    ct_window place;
    int64_t rows, columns, classes;
    std::vector<Source> xs;

    WindowRows(const at::Tensor &logits, const ct_window &window) : place(window) {
        TORCH_CHECK(logits.dim() == 3 && logits.is_contiguous() && logits.scalar_type() == at::kFloat && logits.device().is_cpu(),
                    "expected contiguous float32 logits [h, w, k] on the CPU");
        data = logits.data_ptr<float>();
        rows = logits.size(0), columns = logits.size(1), classes = logits.size(2);
        for (int64_t i = 0; i < place.width; ++i) xs.emplace_back(i, columns, place.width);
    }

    bool covers(int64_t row) const { return row >= place.y && row < place.y + place.height; }

    /// Adds the window's logits of a view's row to `line` [w, k].
    void add(int64_t row, float *line, float *scratch) const {
        Source source(row - place.y, place.source_height, place.height);
        TORCH_CHECK(source.low >= place.first_row && source.high < place.first_row + rows, "row ", row, " needs source rows ", source.low,
                    " to ", source.high, ", given are ", place.first_row, " to ", place.first_row + rows);
        auto stride = columns * classes;
        blend(data + (source.low - place.first_row) * stride, data + (source.high - place.first_row) * stride, source.weight, scratch,
              stride);
        for (int64_t i = 0; i < place.width; ++i) {
            add_blend(scratch + xs[i].low * classes, scratch + xs[i].high * classes, xs[i].weight, line + (place.x + i) * classes,
                      classes);
        }
    }
};

/// A view's rows of averaged logits, each computed when it is requested; the last two are stored.
class ViewRows {
  public:
    ViewRows(const std::vector<WindowRows> &windows, int64_t width) : windows(windows), width(width), classes(windows[0].classes) {
        int64_t widest = 0;
        for (const auto &window : windows) widest = std::max(widest, window.columns);
        scratch.resize(widest * classes);
        for (auto &line : lines) line.resize(width * classes);
    }

    const float *operator()(int64_t row) {
        for (int slot : {0, 1}) {
            if (held[slot] == row) return lines[slot].data();
        }
        int slot = held[0] <= held[1] ? 0 : 1;  // the older one: rows are requested in ascending order
        held[slot] = row;
        auto &line = lines[slot];
        std::fill(line.begin(), line.end(), 0.0f);
        std::vector<int32_t> counts(width, 0);
        for (const auto &window : windows) {
            if (!window.covers(row)) continue;
            window.add(row, line.data(), scratch.data());
            for (int64_t i = 0; i < window.place.width; ++i) ++counts[window.place.x + i];
        }
        for (int64_t i = 0; i < width; ++i) {
            TORCH_CHECK(counts[i] > 0, "no window covers row ", row, ", column ", i);
            if (counts[i] > 1) scale(line.data() + i * classes, 1.0f / static_cast<float>(counts[i]), classes);
        }
        return line.data();
    }

  private:
    const std::vector<WindowRows> &windows;
    int64_t width, classes;
    int64_t held[2] = {-2, -1};
    std::vector<float> lines[2];
    std::vector<float> scratch;
};

}  // namespace

int ct_window_argmax(const ct_tensor *logits, const ct_window *places, int64_t count, int64_t view_width, int64_t image_height,
                     int64_t image_width, int64_t height, int64_t width, int64_t begin, int64_t end, ct_tensor *out) {
    return guard([&] {
        TORCH_CHECK(count > 0 && image_height > 0 && image_width > 0 && height > 0 && width > 0 && begin < end, "nothing to do");
        TORCH_CHECK(image_width <= view_width, "an image of ", image_width, " columns in a view of ", view_width);
        std::vector<WindowRows> windows;
        for (int64_t i = 0; i < count; ++i) {
            windows.emplace_back(T(logits[i]), places[i]);
            TORCH_CHECK(places[i].x >= 0 && places[i].x + places[i].width <= view_width, "a window leaves the view");
            TORCH_CHECK(windows[i].classes == windows[0].classes, "windows differ in their classes");
        }
        auto classes = windows[0].classes;
        auto result = at::empty({end - begin, width}, at::TensorOptions().dtype(at::kInt));
        auto *labels = result.data_ptr<int32_t>();
        std::vector<Source> xs;
        for (int64_t i = 0; i < width; ++i) xs.emplace_back(i, image_width, width);
        parallel_for(begin, end, 8, [&](int64_t from, int64_t to) {
            ViewRows view(windows, view_width);
            std::vector<float> blended(view_width * classes);
            for (int64_t y = from; y < to; ++y) {
                Source source(y, image_height, height);
                const float *line = view(source.low);
                if (source.weight > 0) {
                    // Asking for the higher row may overwrite the lower one's place only if that is the older of the two; it is not.
                    blend(line, view(source.high), source.weight, blended.data(), view_width * classes);
                    line = blended.data();
                }
                for (int64_t i = 0; i < width; ++i) {
                    labels[(y - begin) * width + i] = blended_argmax(line + xs[i].low * classes, line + xs[i].high * classes,
                                                                    xs[i].weight, static_cast<int32_t>(classes));
                }
            }
        });
        *out = give(result);
    });
}

int ct_bilinear_argmax(ct_tensor logits, int64_t first_row, int64_t source_height, int64_t height, int64_t width, int64_t begin,
                       int64_t end, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(logits);
        TORCH_CHECK(x.dim() == 3 && x.is_contiguous() && x.scalar_type() == at::kFloat && x.device().is_cpu(),
                    "expected contiguous float32 logits [h, w, k] on the CPU");
        auto rows = x.size(0), columns = x.size(1), classes = x.size(2);
        TORCH_CHECK(rows > 0 && columns > 0 && classes > 0 && height > 0 && width > 0, "expected no empty dimension");
        TORCH_CHECK(0 <= begin && begin < end && end <= height, "expected rows inside 0 to ", height, ", found ", begin, " to ", end);
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
        parallel_for(begin, end, 1, [&](int64_t from, int64_t to) {
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
