#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/roll.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "handle.h"
#include "parallel.h"

// A map cut into square windows and put together again: padding, cyclic shift and regrouping in one pass over memory. Each of the two is the
// gradient of the other.

namespace {

struct Windows {
    int64_t n, h, w, c, size, shift;

    int64_t rows() const { return (h + size - 1) / size; }
    int64_t columns() const { return (w + size - 1) / size; }
    std::vector<int64_t> map_shape() const { return {n, h, w, c}; }
    std::vector<int64_t> windows_shape() const { return {n * rows() * columns(), size * size, c}; }
    std::vector<int64_t> grid_shape() const { return {n, rows(), columns(), size, size, c}; }

    /// Calls `body(place in windows, place in map or -1, count)` for runs of positions that lie side by side in both; -1 is padding.
    template <class Body> void each_run(const Body &body) const {
        parallel_for(0, n * rows() * size, 4, [&](int64_t from, int64_t to) {
            for (int64_t line = from; line < to; ++line) {
                int64_t inner = line % size, row = line / size % rows(), image = line / size / rows();
                int64_t y = (row * size + inner + shift) % (rows() * size);
                for (int64_t column = 0; column < columns(); ++column) {
                    int64_t window = ((image * rows() + row) * columns() + column) * size * size + inner * size;
                    for (int64_t done = 0, count; done < size; done += count) {
                        int64_t x = (column * size + done + shift) % (columns() * size);
                        bool inside = y < h && x < w;
                        count = std::min(size - done, (x < w ? w : columns() * size) - x);
                        body(window + done, inside ? (image * h + y) * w + x : -1, count);
                    }
                }
            }
        });
    }

    /// The memory of a tensor and of the one made from it, cell by cell.
    struct Cells {
        const char *from;
        char *to;
        size_t bytes;  // of a cell

        void copy(int64_t source, int64_t target, int64_t count) const {
            std::memcpy(to + target * bytes, from + source * bytes, count * bytes);
        }
        void clear(int64_t target, int64_t count) const { std::memset(to + target * bytes, 0, count * bytes); }
    };

    /// A tensor of `shape` made from `x`: `fill(cells, place in windows, place in map or -1, count)` writes each run.
    template <class Fill> at::Tensor copied(const at::Tensor &x, const std::vector<int64_t> &shape, const Fill &fill) const {
        auto source = x.contiguous();
        auto result = at::empty(shape, x.options());
        Cells cells{static_cast<const char *>(source.data_ptr()), static_cast<char *>(result.data_ptr()),
                    static_cast<size_t>(c) * x.element_size()};
        each_run([&](int64_t window, int64_t place, int64_t count) { fill(cells, window, place, count); });
        return result;
    }

    at::Tensor partition(const at::Tensor &map) const {
        if (map.is_meta()) return at::empty(windows_shape(), map.options());
        if (!map.is_cpu()) {
            auto padded = at::constant_pad_nd(map, {0, 0, 0, columns() * size - w, 0, rows() * size - h});
            auto rolled = at::roll(padded, {-shift, -shift}, {1, 2});
            return rolled.reshape({n, rows(), size, columns(), size, c}).permute({0, 1, 3, 2, 4, 5}).reshape(windows_shape());
        }
        return copied(map, windows_shape(), [](const Cells &cells, int64_t window, int64_t place, int64_t count) {
            if (place < 0) cells.clear(window, count);
            else cells.copy(place, window, count);
        });
    }

    at::Tensor merge(const at::Tensor &windows) const {
        if (windows.is_meta()) return at::empty(map_shape(), windows.options());
        if (!windows.is_cpu()) {
            auto padded = windows.reshape(grid_shape()).permute({0, 1, 3, 2, 4, 5}).reshape({n, rows() * size, columns() * size, c});
            return at::roll(padded, {shift, shift}, {1, 2}).narrow(1, 0, h).narrow(2, 0, w).contiguous();
        }
        return copied(windows, map_shape(), [](const Cells &cells, int64_t window, int64_t place, int64_t count) {
            if (place >= 0) cells.copy(window, place, count);
        });
    }
};

/// Keeps the layout for the way back.
void save(torch::autograd::AutogradContext *context, const Windows &w) {
    context->saved_data["windows"] = std::vector<int64_t>{w.n, w.h, w.w, w.c, w.size, w.shift};
}

Windows saved(torch::autograd::AutogradContext *context) {
    auto values = context->saved_data["windows"].toIntVector();
    return {values[0], values[1], values[2], values[3], values[4], values[5]};
}

using Move = at::Tensor (Windows::*)(const at::Tensor &) const;

/// A move between a map and its windows; the gradient goes the way back.
template <Move there, Move back>
struct Moved : torch::autograd::Function<Moved<there, back>> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const Windows &windows) {
        save(context, windows);
        return (windows.*there)(x);
    }
    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        return {(saved(context).*back)(outer[0]), at::Tensor()};
    }
};

using Partition = Moved<&Windows::partition, &Windows::merge>;
using Merge = Moved<&Windows::merge, &Windows::partition>;

void check_window(int64_t size, int64_t shift) {
    TORCH_CHECK(size > 0 && size <= 4096 && shift >= 0 && shift < size, "expected a window of 1...4096 and a shift below it, found ", size,
                " and ", shift);
}

}  // namespace

int ct_windows(ct_tensor map, int64_t size, int64_t shift, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(map);
        TORCH_CHECK(x.dim() == 4 && x.numel() > 0, "expected a map [n, h, w, c] with no empty dimension");
        check_window(size, shift);
        *out = give(Partition::apply(x, Windows{x.size(0), x.size(1), x.size(2), x.size(3), size, shift}));
    });
}

int ct_joined_windows(ct_tensor windows, int64_t size, int64_t shift, int64_t height, int64_t width, ct_tensor *out) {
    return guard([&] {
        const auto &x = T(windows);
        check_window(size, shift);
        TORCH_CHECK(x.dim() == 3 && x.numel() > 0 && x.size(1) == size * size, "expected windows [n, ", size * size, ", c], none empty");
        TORCH_CHECK(height > 0 && height <= INT32_MAX && width > 0 && width <= INT32_MAX, "expected a map of at least one position");
        Windows layout{1, height, width, x.size(2), size, shift};
        auto each = layout.rows() * layout.columns();
        TORCH_CHECK(x.size(0) % each == 0, "a map of ", height, " x ", width, " has ", each, " windows, found ", x.size(0));
        layout.n = x.size(0) / each;
        *out = give(Merge::apply(x, layout));
    });
}
