#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "clones.h"
#include "handle.h"
#include "parallel.h"

// RoIAlign. On the CPU a map lies with its channels side by side, and every step is one for a block of channels: forward the sum of a bin,
// backward that of a map's block over all regions, each in one order whatever the number of threads. Elsewhere, and in double precision, the
// bilinear weights of a region's rows and columns are two matrices.

// One way of rounding on every processor, and the reference's.
#pragma clang fp contract(off)

namespace {

/// A point along one axis: between two positions of the map.
template <class S> struct Point {
    int64_t low, high;
    S low_weight, high_weight;
};

/// The points of a region along one axis, bin by bin; those outside of the map, which count as 0, are left out.
template <class S> struct Axis {
    std::vector<Point<S>> points;
    std::vector<int64_t> first{0};  // bin b has points first[b] ..< first[b + 1]
    int64_t per_bin;                // points of a bin, within and without

    Axis(S start, S extent, int64_t bins, int64_t ratio, int64_t length) {
        S bin = extent / static_cast<S>(bins);
        per_bin = ratio > 0 ? ratio : static_cast<int64_t>(std::ceil(bin));
        for (int64_t b = 0; b < bins; ++b) {
            for (int64_t i = 0; i < per_bin; ++i) {
                add(start + static_cast<S>(b) * bin + (static_cast<S>(i) + S(0.5)) * bin / static_cast<S>(per_bin), length);
            }
            first.push_back(static_cast<int64_t>(points.size()));
        }
    }

    void add(S position, int64_t length) {
        if (position < -1 || position > static_cast<S>(length)) return;
        position = std::max(position, S(0));
        auto low = static_cast<int64_t>(position);
        if (low >= length - 1) return points.push_back({length - 1, length - 1, 1, 0});
        S beyond = position - static_cast<S>(low);
        points.push_back({low, low + 1, 1 - beyond, beyond});
    }

    /// The weight of every position in the mean of every bin, and for one of two axes of the other's points too.
    void write(S *matrix, int64_t length, S divisor) const {
        for (size_t b = 0; b + 1 < first.size(); ++b) {
            for (auto i = first[b]; i < first[b + 1]; ++i) {
                matrix[b * length + points[i].low] += points[i].low_weight / divisor;
                matrix[b * length + points[i].high] += points[i].high_weight / divisor;
            }
        }
    }
};

template <class S> struct Region {
    int64_t image;
    Axis<S> y, x;

    S count() const { return static_cast<S>(std::max<int64_t>(y.per_bin * x.per_bin, 1)); }
};

/// The arguments, in the form that forward and backward need.
struct Layout {
    int64_t n, c, h, w;      // the map
    int64_t bins_y, bins_x;  // of every region
    double scale;
    int64_t ratio;
    bool aligned;

    /// Of a region's two matrices.
    int64_t weights() const { return bins_y * h + bins_x * w; }

    template <class S> std::vector<Region<S>> regions(const at::Tensor &rois) const {
        auto values = rois.to(at::kCPU, c10::CppTypeToScalarType<S>::value).contiguous();
        const S *row = values.template data_ptr<S>();
        std::vector<Region<S>> result;
        result.reserve(values.size(0));
        for (int64_t i = 0; i < values.size(0); ++i, row += 5) {
            TORCH_CHECK(row[0] >= 0 && row[0] < static_cast<S>(n) && row[0] == std::floor(row[0]), "region ", i, " is of image ", row[0],
                        ", there are ", n);
            S offset = aligned ? S(0.5) : S(0), factor = static_cast<S>(scale);
            S edges[4];
            for (int k = 0; k < 4; ++k) {
                edges[k] = row[k + 1] * factor - offset;
                TORCH_CHECK(std::abs(edges[k]) <= 1e6, "expected regions within a million positions of the map, found ", row[k + 1], " in region ",
                            i);
            }
            S width = edges[2] - edges[0], height = edges[3] - edges[1];
            if (!aligned) width = std::max(width, S(1)), height = std::max(height, S(1));
            result.push_back({static_cast<int64_t>(row[0]), Axis<S>(edges[1], height, bins_y, ratio, h),
                              Axis<S>(edges[0], width, bins_x, ratio, w)});
        }
        return result;
    }
};

constexpr int64_t block = 64;  // channels of a step: they stay in registers

/// One bin's mean for `count` channels, at most a block. `map` is at the channels of position 0, which are `stride` from those of the next.
CT_CLONES void mean(const float *map, int64_t stride, int64_t width, const Point<float> *y, const Point<float> *y_end,
                    const Point<float> *x_begin, const Point<float> *x_end, float divisor, float *out, int64_t count) {
    float sum[block] = {};
    for (; y < y_end; ++y) {
        for (const auto *x = x_begin; x < x_end; ++x) {
            const float *a = map + (y->low * width + x->low) * stride, *b = map + (y->low * width + x->high) * stride;
            const float *c = map + (y->high * width + x->low) * stride, *d = map + (y->high * width + x->high) * stride;
            float wa = y->low_weight * x->low_weight, wb = y->low_weight * x->high_weight;
            float wc = y->high_weight * x->low_weight, wd = y->high_weight * x->high_weight;
            if (count == block) {
                for (int64_t k = 0; k < block; ++k) sum[k] += wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
            } else {
                for (int64_t k = 0; k < count; ++k) sum[k] += wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
            }
        }
    }
    for (int64_t k = 0; k < count; ++k) out[k] = sum[k] / divisor;
}

/// Spreads a bin's gradient over the positions that it is the mean of.
CT_CLONES void spread(float *map, int64_t stride, int64_t width, const Point<float> *y, const Point<float> *y_end,
                      const Point<float> *x_begin, const Point<float> *x_end, float divisor, const float *gradient, int64_t count) {
    float share[block];
    for (int64_t k = 0; k < count; ++k) share[k] = gradient[k] / divisor;
    for (; y < y_end; ++y) {
        for (const auto *x = x_begin; x < x_end; ++x) {
            // One after another: at the map's end two of them are the same position.
            for (int corner = 0; corner < 4; ++corner) {
                bool lower = corner >= 2, right = corner % 2 == 1;
                float weight = (lower ? y->high_weight : y->low_weight) * (right ? x->high_weight : x->low_weight);
                float *at = map + ((lower ? y->high : y->low) * width + (right ? x->high : x->low)) * stride;
                if (count == block) {
                    for (int64_t k = 0; k < block; ++k) at[k] += share[k] * weight;
                } else {
                    for (int64_t k = 0; k < count; ++k) at[k] += share[k] * weight;
                }
            }
        }
    }
}

/// Calls `body(points of y, their end, points of x, their end, number of the bin)` for every bin of a region.
template <class Body> void each_bin(const Region<float> &region, const Layout &layout, const Body &body) {
    for (int64_t i = 0; i < layout.bins_y; ++i) {
        for (int64_t j = 0; j < layout.bins_x; ++j) {
            const auto *y = region.y.points.data(), *x = region.x.points.data();
            body(y + region.y.first[i], y + region.y.first[i + 1], x + region.x.first[j], x + region.x.first[j + 1], i * layout.bins_x + j);
        }
    }
}

/// Map `[n, h, w, c]` to `[r, bins, bins, c]`.
at::Tensor forward_blocks(const at::Tensor &map, const std::vector<Region<float>> &regions, const Layout &layout) {
    auto c = layout.c, image = layout.h * layout.w * c, bins = layout.bins_y * layout.bins_x;
    auto result = at::empty({static_cast<int64_t>(regions.size()), layout.bins_y, layout.bins_x, c}, map.options());
    const float *from = map.data_ptr<float>();
    float *to = result.data_ptr<float>();
    parallel_for(0, static_cast<int64_t>(regions.size()), 2, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            for (int64_t k = 0; k < c; k += block) {
                each_bin(regions[r], layout, [&](auto *y, auto *y_end, auto *x, auto *x_end, int64_t bin) {
                    mean(from + regions[r].image * image + k, c, layout.w, y, y_end, x, x_end, regions[r].count(),
                         to + (r * bins + bin) * c + k, std::min(block, c - k));
                });
            }
        }
    });
    return result;
}

/// The map's gradient `[n, h, w, c]` from that of the regions `[r, bins, bins, c]`: every block of channels of an image takes its regions in order.
at::Tensor backward_blocks(const at::Tensor &gradient, const std::vector<Region<float>> &regions, const Layout &layout) {
    auto c = layout.c, image = layout.h * layout.w * c, bins = layout.bins_y * layout.bins_x, blocks = (c + block - 1) / block;
    auto result = at::zeros({layout.n, layout.h, layout.w, c}, gradient.options());
    const float *from = gradient.data_ptr<float>();
    float *to = result.data_ptr<float>();
    parallel_for(0, layout.n * blocks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
            auto k = part % blocks * block;
            for (size_t r = 0; r < regions.size(); ++r) {
                if (regions[r].image != part / blocks) continue;
                each_bin(regions[r], layout, [&](auto *y, auto *y_end, auto *x, auto *x_end, int64_t bin) {
                    spread(to + regions[r].image * image + k, c, layout.w, y, y_end, x, x_end, regions[r].count(),
                           from + (static_cast<int64_t>(r) * bins + bin) * c + k, std::min(block, c - k));
                });
            }
        }
    });
    return result;
}

/// Regions of one image, a few at a time: `count` of them from place `start` on in the order of `Matrices`.
struct Chunk {
    int64_t image, start, count;
};

/// The regions' matrices of weights, on the map's device by one copy for all.
struct Matrices {
    std::vector<Chunk> chunks;
    at::Tensor values;  // of chunk after chunk the rows [count, bins_y, h], then the columns [count, bins_x, w]
    at::Tensor order;   // [r]: the region at each place; empty where they stand in that order

    at::Tensor rows(const Chunk &chunk, const Layout &l) const {
        return part(chunk.start * l.weights(), {chunk.count, l.bins_y, l.h});
    }
    at::Tensor columns(const Chunk &chunk, const Layout &l) const {
        return part(chunk.start * l.weights() + chunk.count * l.bins_y * l.h, {chunk.count, l.bins_x, l.w});
    }
    bool is_ordered() const { return order.numel() == 0; }
    at::Tensor places(const Chunk &chunk) const { return order.narrow(0, chunk.start, chunk.count); }

  private:
    at::Tensor part(int64_t start, const std::vector<int64_t> &shape) const {
        return values.narrow(0, start, shape[0] * shape[1] * shape[2]).view(shape);
    }
};

/// Regions in the order of their images, cut into chunks.
std::vector<Chunk> chunks(const std::vector<int64_t> &images) {
    constexpr int64_t most = 64;
    std::vector<Chunk> result;
    for (size_t place = 0; place < images.size(); ++place) {
        bool continues = !result.empty() && result.back().image == images[place] && result.back().count < most;
        if (continues) ++result.back().count;
        else result.push_back({images[place], static_cast<int64_t>(place), 1});
    }
    return result;
}

template <class S> Matrices matrices(const at::Tensor &rois, const Layout &l, const at::Device &device) {
    auto regions = l.regions<S>(rois);
    auto count = static_cast<int64_t>(regions.size());
    std::vector<int64_t> order(count), images(count);
    std::iota(order.begin(), order.end(), int64_t{0});
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return std::make_pair(regions[a].image, a) < std::make_pair(regions[b].image, b);
    });
    for (int64_t place = 0; place < count; ++place) images[place] = regions[order[place]].image;
    Matrices result{chunks(images), at::zeros({count * l.weights()}, at::TensorOptions().dtype(c10::CppTypeToScalarType<S>::value)), {}};
    S *values = result.values.template data_ptr<S>();
    for (const auto &chunk : result.chunks) {
        S *rows = values + chunk.start * l.weights(), *columns = rows + chunk.count * l.bins_y * l.h;
        for (int64_t i = 0; i < chunk.count; ++i) {
            const auto &region = regions[order[chunk.start + i]];
            region.y.write(rows + i * l.bins_y * l.h, l.h, region.count());
            region.x.write(columns + i * l.bins_x * l.w, l.w, 1);
        }
    }
    bool ordered = std::is_sorted(order.begin(), order.end());
    result.order = at::empty({ordered ? 0 : count}, at::TensorOptions().dtype(at::kLong));
    if (!ordered) std::copy(order.begin(), order.end(), result.order.template data_ptr<int64_t>());
    result.values = result.values.to(device);
    if (!ordered) result.order = result.order.to(device);
    return result;
}

Matrices matrices(const at::Tensor &rois, const Layout &layout, const at::TensorOptions &options) {
    return options.dtype() == at::kDouble ? matrices<double>(rois, layout, options.device()) : matrices<float>(rois, layout, options.device());
}

/// Mixed precision would narrow the products.
struct WithoutAutocast {
    c10::impl::ExcludeDispatchKeyGuard guard{c10::autocast_dispatch_keyset};
};

/// `[n, c, h, w]` to `[r, c, bins, bins]`: for each region, rows · map · columnsᵀ.
at::Tensor forward_matrices(const at::Tensor &map, const Matrices &m, int64_t count, const Layout &l) {
    WithoutAutocast scope;
    auto result = at::zeros({count, l.c, l.bins_y, l.bins_x}, map.options());
    for (const auto &chunk : m.chunks) {
        auto across = map.select(0, chunk.image).reshape({l.c * l.h, l.w}).matmul(m.columns(chunk, l).reshape({-1, l.w}).t());
        across = across.reshape({l.c, l.h, chunk.count, l.bins_x}).permute({2, 1, 0, 3}).reshape({chunk.count, l.h, l.c * l.bins_x});
        auto both = m.rows(chunk, l).bmm(across).reshape({chunk.count, l.bins_y, l.c, l.bins_x}).permute({0, 2, 1, 3});
        if (m.is_ordered()) result.narrow(0, chunk.start, chunk.count).copy_(both);
        else result.index_copy_(0, m.places(chunk), both);
    }
    return result;
}

at::Tensor backward_matrices(const at::Tensor &gradient, const Matrices &m, const Layout &l) {
    WithoutAutocast scope;
    auto result = at::zeros({l.n, l.c, l.h, l.w}, gradient.options());
    for (const auto &chunk : m.chunks) {
        auto own = m.is_ordered() ? gradient.narrow(0, chunk.start, chunk.count) : gradient.index_select(0, m.places(chunk));
        auto across = own.reshape({chunk.count, l.c * l.bins_y, l.bins_x}).bmm(m.columns(chunk, l));
        across = across.reshape({chunk.count, l.c, l.bins_y, l.w}).permute({0, 2, 1, 3}).reshape({-1, l.c * l.w});
        auto both = m.rows(chunk, l).reshape({-1, l.h}).t().matmul(across).reshape({l.h, l.c, l.w}).permute({1, 0, 2});
        result.select(0, chunk.image).add_(both);
    }
    return result;
}

/// Half precision is computed in float32.
at::Tensor widened(const at::Tensor &x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

bool takes_blocks(const at::Tensor &widened) { return widened.is_cpu() && widened.scalar_type() == at::kFloat; }

struct RoIAlign : torch::autograd::Function<RoIAlign> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &map, const at::Tensor &rois, const Layout &layout) {
        auto x = widened(map);
        auto format = map.suggest_memory_format();
        context->saved_data["map"] = std::vector<int64_t>{layout.n, layout.c, layout.h, layout.w};
        context->saved_data["bins"] = std::vector<int64_t>{layout.bins_y, layout.bins_x, layout.ratio};
        context->saved_data["scale"] = layout.scale;
        context->saved_data["aligned"] = layout.aligned;
        context->saved_data["dtype"] = static_cast<int64_t>(map.scalar_type());
        context->saved_data["format"] = static_cast<int64_t>(format);
        if (takes_blocks(x)) {
            context->save_for_backward({rois});
            auto regions = layout.regions<float>(rois);
            auto result = forward_blocks(x.permute({0, 2, 3, 1}).contiguous(), regions, layout).permute({0, 3, 1, 2});
            return result.to(map.scalar_type()).contiguous(format);
        }
        auto weights = matrices(rois, layout, x.options());
        context->save_for_backward({weights.values, weights.order});
        std::vector<int64_t> images;
        for (const auto &chunk : weights.chunks) images.insert(images.end(), chunk.count, chunk.image);
        context->saved_data["images"] = images;
        auto result = forward_matrices(x, weights, rois.size(0), layout);
        return result.to(map.scalar_type()).contiguous(format);
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        auto saved = context->get_saved_variables();
        auto map = context->saved_data["map"].toIntVector(), bins = context->saved_data["bins"].toIntVector();
        Layout layout{map[0],  map[1], map[2], map[3], bins[0], bins[1], context->saved_data["scale"].toDouble(),
                      bins[2], context->saved_data["aligned"].toBool()};
        auto gradient = widened(outer[0]);
        auto result = at::Tensor();
        if (takes_blocks(gradient)) {
            auto rows = gradient.permute({0, 2, 3, 1}).contiguous();
            result = backward_blocks(rows, layout.regions<float>(saved[0]), layout).permute({0, 3, 1, 2});
        } else {
            Matrices weights{chunks(context->saved_data["images"].toIntVector()), saved[0], saved[1]};
            result = backward_matrices(gradient, weights, layout);
        }
        auto dtype = static_cast<at::ScalarType>(context->saved_data["dtype"].toInt());
        auto format = static_cast<at::MemoryFormat>(context->saved_data["format"].toInt());
        return {result.to(dtype).contiguous(format), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

int ct_roi_align(ct_tensor map, ct_tensor rois, const int64_t size[2], double scale, int64_t sampling_ratio, bool aligned, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(map);
        const auto &boxes = T(rois);
        TORCH_CHECK(x.dim() == 4 && x.numel() > 0 && at::isFloatingType(x.scalar_type()),
                    "expected a map [n, c, h, w] of a floating-point type with no empty dimension, found ", x.sizes(), " of ", x.scalar_type());
        TORCH_CHECK(boxes.dim() == 2 && boxes.size(1) == 5 && at::isFloatingType(boxes.scalar_type()),
                    "expected regions [r, 5] of a floating-point type, found ", boxes.sizes(), " of ", boxes.scalar_type());
        TORCH_CHECK(size[0] > 0 && size[0] <= 1024 && size[1] > 0 && size[1] <= 1024, "expected 1...1024 bins in each direction, found ", size[0],
                    " x ", size[1]);
        TORCH_CHECK(sampling_ratio >= 0 && sampling_ratio <= 64, "expected a sampling ratio of 0...64, found ", sampling_ratio);
        TORCH_CHECK(std::isfinite(scale) && scale > 0, "expected a scale above 0, found ", scale);
        if (x.is_meta() || boxes.is_meta()) {
            *out = give(at::empty({boxes.size(0), x.size(1), size[0], size[1]}, x.options(), x.suggest_memory_format()));
            return;
        }
        *out = give(RoIAlign::apply(x, boxes.detach(), Layout{x.size(0), x.size(1), x.size(2), x.size(3), size[0], size[1], scale, sampling_ratio,
                                                             aligned}));
    });
}
