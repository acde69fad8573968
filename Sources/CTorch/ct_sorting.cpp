#include <ATen/ops/empty.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "handle.h"
#include "parallel.h"

namespace {

/// The indices of the `count` largest elements of each row of `x` [rows, n], the largest first, equals
/// in the order of the row. The engine's own selection does not define the order of equals, and its
/// sort orders everything.
at::Tensor places_of_largest(const at::Tensor &x, int64_t count) {
    auto rows = x.size(0), length = x.size(1);
    auto result = at::empty({rows, count}, x.options().dtype(at::kLong));
    const auto *values = x.data_ptr<float>();
    auto *indices = result.data_ptr<int64_t>();
    parallel_for(0, rows, 1, [&](int64_t from, int64_t to) {
        std::vector<int64_t> places(length);
        for (int64_t row = from; row < to; ++row) {
            const float *line = values + row * length;
            auto before = [line](int64_t a, int64_t b) {
                bool lost = std::isnan(line[a]), other = std::isnan(line[b]);
                if (lost != other) return lost;
                return line[a] > line[b] || (!(line[a] < line[b]) && a < b);
            };
            std::iota(places.begin(), places.end(), int64_t{0});
            std::nth_element(places.begin(), places.begin() + count, places.end(), before);
            std::sort(places.begin(), places.begin() + count, before);
            std::copy_n(places.begin(), count, indices + row * count);
        }
    });
    return result;
}

using Sorted = std::tuple<at::Tensor, at::Tensor>;

Sorted sorted(const at::Tensor &x, int64_t dim, bool descending) { return at::sort(x, /*stable=*/true, dim, descending); }

Sorted largest(const at::Tensor &x, int64_t count, int64_t dim) {
    auto length = x.dim() == 0 ? 1 : x.size(dim);
    TORCH_CHECK(count >= 0 && count <= length, "expected a count of 0 to ", length, ", found ", count);
    if (x.is_meta()) return at::topk(x, count, dim);
    bool quick = x.is_cpu() && x.dim() > 0 && x.numel() > 0 && count > 0 && at::isFloatingType(x.scalar_type()) && x.scalar_type() != at::kDouble;
    if (!quick) {
        auto all = sorted(x, dim, true);
        if (x.dim() == 0) return all;
        return {std::get<0>(all).narrow(dim, 0, count), std::get<1>(all).narrow(dim, 0, count)};
    }
    auto last = x.detach().transpose(dim, -1).to(at::kFloat).contiguous();
    auto shape = last.sizes().vec();
    shape.back() = count;
    auto indices = places_of_largest(last.reshape({-1, length}), count).reshape(shape).transpose(dim, -1);
    return {x.gather(dim, indices), indices};
}

}  // namespace

int ct_sort(ct_tensor x, int64_t dim, bool descending, ct_tensor *values, ct_tensor *indices) {
    return guard([&] {
        auto result = sorted(T(x), dim, descending);
        *values = give(std::get<0>(result));
        *indices = give(std::get<1>(result));
    });
}
int ct_topk(ct_tensor x, int64_t count, int64_t dim, ct_tensor *values, ct_tensor *indices) {
    return guard([&] {
        auto result = largest(T(x), count, dim);
        *values = give(std::get<0>(result));
        *indices = give(std::get<1>(result));
    });
}
int ct_nonzero(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(at::nonzero(T(x))); });
}
