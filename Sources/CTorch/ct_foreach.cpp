#include "handle.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>

int ct_foreach_mul_(const ct_tensor *xs, int64_t count, double factor) {
    return guard([&] { at::_foreach_mul_(list(xs, count), factor); });
}
int ct_foreach_add_(const ct_tensor *xs, const ct_tensor *ys, int64_t count, double alpha) {
    return guard([&] { at::_foreach_add_(list(xs, count), list(ys, count), alpha); });
}
int ct_foreach_addcmul_(const ct_tensor *xs, const ct_tensor *as, const ct_tensor *bs, int64_t count, double value) {
    return guard([&] { at::_foreach_addcmul_(list(xs, count), list(as, count), list(bs, count), value); });
}
int ct_foreach_addcdiv_(const ct_tensor *xs, const ct_tensor *as, const ct_tensor *bs, int64_t count, double value) {
    return guard([&] { at::_foreach_addcdiv_(list(xs, count), list(as, count), list(bs, count), value); });
}
int ct_foreach_sqrt(const ct_tensor *xs, int64_t count, ct_tensor *outs) {
    return guard([&] {
        auto results = at::_foreach_sqrt(list(xs, count));
        for (int64_t i = 0; i < count; ++i) outs[i] = give(std::move(results[i]));
    });
}
int ct_foreach_add_scalar_(const ct_tensor *xs, int64_t count, double value) {
    return guard([&] { at::_foreach_add_(list(xs, count), at::Scalar(value)); });
}
int ct_foreach_norm(const ct_tensor *xs, int64_t count, ct_tensor *outs) {
    return guard([&] {
        auto results = at::_foreach_norm(list(xs, count), 2);
        for (int64_t i = 0; i < count; ++i) outs[i] = give(std::move(results[i]));
    });
}
