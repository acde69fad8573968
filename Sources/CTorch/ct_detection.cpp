#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "clones.h"
#include "handle.h"
#include "parallel.h"

// One way of rounding on every processor.
#pragma clang fp contract(off)

namespace {

struct Box {
    float x1, y1, x2, y2;

    float area() const { return (x2 - x1) * (y2 - y1); }
};

/// Boxes that were kept, side by side, so that a loop over them becomes vector code.
struct KeptBoxes {
    std::vector<float> x1, y1, x2, y2, area;

    void add(const Box &box) {
        x1.push_back(box.x1), y1.push_back(box.y1), x2.push_back(box.x2), y2.push_back(box.y2), area.push_back(box.area());
    }
};

/// Whether one of the kept boxes `from ..< to` has more than `threshold` in common with `box`.
CT_CLONES bool meets(const KeptBoxes &kept, size_t from, size_t to, const Box &box, float threshold) {
    const float *x1 = kept.x1.data(), *y1 = kept.y1.data(), *x2 = kept.x2.data(), *y2 = kept.y2.data(), *areas = kept.area.data();
    float area = box.area();
    int32_t hits = 0;
    for (size_t i = from; i < to; ++i) {
        float width = std::max(0.0f, std::min(x2[i], box.x2) - std::max(x1[i], box.x1));
        float height = std::max(0.0f, std::min(y2[i], box.y2) - std::max(y1[i], box.y1));
        float common = width * height;
        hits += common / (areas[i] + area - common) > threshold ? 1 : 0;
    }
    return hits > 0;
}

bool is_suppressed(const KeptBoxes &kept, const Box &box, float threshold) {
    constexpr size_t block = 128;  // those with the best scores come first: most that are suppressed are so early
    for (size_t from = 0, count = kept.area.size(); from < count; from += block) {
        if (meets(kept, from, std::min(from + block, count), box, threshold)) return true;
    }
    return false;
}

/// What suppression reads, on the CPU.
struct Candidates {
    at::Tensor corners;  // [n, 4] float32
    at::Tensor scores;   // [n] float32
    at::Tensor groups;   // [n] int64; undefined where all boxes are rivals

    Candidates(const at::Tensor &boxes, const at::Tensor &values, const optional<at::Tensor> &classes)
        : corners(boxes.detach().to(at::kFloat).contiguous()), scores(values.detach().to(at::kFloat).contiguous()) {
        TORCH_CHECK(values.device() == boxes.device() && (!classes || classes->device() == boxes.device()),
                    "expected boxes, scores and groups on one device, found ", boxes.device(), " and ", values.device());
        if (classes) groups = classes->to(at::kLong).contiguous();
        if (corners.is_cpu()) return;
        // One copy for all, byte by byte: the host waits once.
        std::vector<at::Tensor> parts{bytes(corners), bytes(scores.unsqueeze(1))};
        if (classes) parts.push_back(bytes(groups.unsqueeze(1)));
        auto all = at::cat(parts, 1).to(at::kCPU);
        corners = all.narrow(1, 0, 16).clone(at::MemoryFormat::Contiguous).view(at::kFloat);
        scores = all.narrow(1, 16, 4).clone(at::MemoryFormat::Contiguous).view(at::kFloat).squeeze(1);
        if (classes) groups = all.narrow(1, 20, 8).clone(at::MemoryFormat::Contiguous).view(at::kLong).squeeze(1);
    }

  private:
    static at::Tensor bytes(const at::Tensor &x) { return x.view(at::kByte); }
};

at::Tensor nms(const at::Tensor &boxes, const at::Tensor &scores, const optional<at::Tensor> &groups, double threshold) {
    Candidates candidates(boxes, scores, groups);
    const auto &corners = candidates.corners, &classes = candidates.groups;
    auto order = std::get<1>(at::sort(candidates.scores, /*stable=*/true, 0, /*descending=*/true));
    const auto *all = reinterpret_cast<const Box *>(corners.data_ptr<float>());
    const auto *places = order.data_ptr<int64_t>();
    const auto *group = groups ? classes.data_ptr<int64_t>() : nullptr;
    std::unordered_map<int64_t, KeptBoxes> kept;
    std::vector<int64_t> result;
    for (int64_t i = 0; i < order.numel(); ++i) {
        auto place = places[i];
        auto &rivals = kept[group == nullptr ? 0 : group[place]];
        if (is_suppressed(rivals, all[place], static_cast<float>(threshold))) continue;
        rivals.add(all[place]);
        result.push_back(place);
    }
    auto indices = at::empty({static_cast<int64_t>(result.size())}, order.options());
    std::copy(result.begin(), result.end(), indices.data_ptr<int64_t>());
    return indices.to(boxes.device());
}

/// Where the pixels of a row or column of an image lie in a mask of `cells` with a border of zeros.
struct Line {
    int64_t begin, end;          // the pixels that are sampled
    std::vector<int64_t> lows;   // of each, the cell below (the border is cell 0) …
    std::vector<float> weights;  // … and how far it lies towards the next
    std::vector<bool> inside;

    Line(float from, float to, int64_t cells, int64_t length, bool whole) {
        auto limit = static_cast<float>(length);
        begin = whole ? 0 : static_cast<int64_t>(std::max(0.0f, std::min(std::floor(from) - 1, limit)));
        end = whole ? length : static_cast<int64_t>(std::max(0.0f, std::min(std::ceil(to) + 1, limit)));
        for (int64_t i = begin; i < end; ++i) {
            float grid = (static_cast<float>(i) + 0.5f - from) / (to - from) * 2 - 1;  // -1 … 1 from edge to edge
            if (!std::isfinite(grid)) grid = 0;  // a box without extent
            float position = (grid + 1) * (static_cast<float>(cells) / 2) - 0.5f;
            bool met = position > -1 && position < static_cast<float>(cells);
            float low = met ? std::floor(position) : 0;
            inside.push_back(met);
            lows.push_back(static_cast<int64_t>(low) + 1);
            weights.push_back(met ? position - low : 0);
        }
    }
};

/// One mask, resized to its box. `write(place in the image, value)` is called for what is not 0 by its place.
template <class Write>
void paste(const float *mask, int64_t rows, int64_t columns, const Box &box, int64_t height, int64_t width, bool whole, const Write &write) {
    std::vector<float> bordered((rows + 2) * (columns + 2), 0.0f);
    for (int64_t y = 0; y < rows; ++y) std::copy_n(mask + y * columns, columns, bordered.data() + (y + 1) * (columns + 2) + 1);
    Line ys(box.y1, box.y2, rows, height, whole), xs(box.x1, box.x2, columns, width, whole);
    for (int64_t y = ys.begin; y < ys.end; ++y) {
        if (!ys.inside[y - ys.begin]) continue;
        float down = ys.weights[y - ys.begin], up = 1 - down;
        const float *a = bordered.data() + ys.lows[y - ys.begin] * (columns + 2), *b = a + columns + 2;
        for (int64_t x = xs.begin; x < xs.end; ++x) {
            if (!xs.inside[x - xs.begin]) continue;
            float right = xs.weights[x - xs.begin], left = 1 - right;
            auto low = xs.lows[x - xs.begin];
            write(y * width + x, left * up * a[low] + right * up * a[low + 1] + left * down * b[low] + right * down * b[low + 1]);
        }
    }
}

void check_boxes(const at::Tensor &boxes) {
    TORCH_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && at::isFloatingType(boxes.scalar_type()),
                "expected boxes [n, 4] of a floating-point type, found ", boxes.sizes(), " of ", boxes.scalar_type());
    TORCH_CHECK(!boxes.is_meta(), "needs the values of its boxes, found a shape without memory");
}

}  // namespace

int ct_nms(ct_tensor boxes, ct_tensor scores, ct_tensor groups, double threshold, ct_tensor *out) {
    return guard([&] {
        check_boxes(T(boxes));
        auto count = T(boxes).size(0);
        TORCH_CHECK(T(scores).dim() == 1 && T(scores).size(0) == count && at::isFloatingType(T(scores).scalar_type()),
                    "expected a score for each of the ", count, " boxes, of a floating-point type, found ", T(scores).sizes(), " of ",
                    T(scores).scalar_type());
        TORCH_CHECK(groups == nullptr || (T(groups).dim() == 1 && T(groups).size(0) == count && at::isIntegralType(T(groups).scalar_type(), false)),
                    "expected an integer for each of the ", count, " boxes as its group");
        *out = give(nms(T(boxes), T(scores), maybe(groups), threshold));
    });
}

int ct_paste_masks(ct_tensor masks, ct_tensor boxes, int64_t height, int64_t width, const double *threshold, bool whole, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(masks);
        check_boxes(T(boxes));
        TORCH_CHECK(x.dim() == 3 && x.size(1) > 0 && x.size(2) > 0 && at::isFloatingType(x.scalar_type()),
                    "expected masks [d, m, m] of a floating-point type, found ", x.sizes(), " of ", x.scalar_type());
        TORCH_CHECK(x.size(0) == T(boxes).size(0), "expected a box for each of the ", x.size(0), " masks, found ", T(boxes).size(0));
        TORCH_CHECK(height > 0 && width > 0, "expected an image of at least one pixel, found ", height, " x ", width);
        auto count = x.size(0), rows = x.size(1), columns = x.size(2);
        auto values = x.detach().to(at::kCPU, at::kFloat).contiguous();
        auto corners = T(boxes).detach().to(at::kCPU, at::kFloat).contiguous();
        auto result = at::zeros({count, height, width}, at::TensorOptions().dtype(threshold == nullptr ? at::kFloat : at::kByte));
        const auto *all = reinterpret_cast<const Box *>(corners.data_ptr<float>());
        parallel_for(0, count, 1, [&](int64_t from, int64_t to) {
            for (int64_t i = from; i < to; ++i) {
                const float *mask = values.data_ptr<float>() + i * rows * columns;
                auto run = [&](const auto &write) { paste(mask, rows, columns, all[i], height, width, whole, write); };
                if (threshold == nullptr) {
                    auto *picture = result.data_ptr<float>() + i * height * width;
                    run([&](int64_t place, float value) { picture[place] = value; });
                } else {
                    auto *picture = result.data_ptr<uint8_t>() + i * height * width;
                    auto least = static_cast<float>(*threshold);
                    run([&](int64_t place, float value) { picture[place] = value >= least; });
                }
            }
        });
        *out = give(result.to(x.device()));
    });
}
