#include "handle.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/ops/_fused_adamw.h>
#endif

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
bool ct_has_fused_adamw(void) {
#if TORCH_VERSION_MAJOR >= 2
    return true;
#else
    return false;
#endif
}
int ct_fused_adamw_(const ct_tensor *xs, const ct_tensor *grads, const ct_tensor *means, const ct_tensor *squares,
                    const ct_tensor *steps, int64_t count, double lr, double beta1, double beta2, double weight_decay, double eps) {
    return guard([&] {
#if TORCH_VERSION_MAJOR >= 2
        at::_fused_adamw_(list(xs, count), list(grads, count), list(means, count), list(squares, count), {}, list(steps, count), lr,
                          beta1, beta2, weight_decay, eps, /*amsgrad=*/false, /*maximize=*/false);
#else
        (void)xs, (void)grads, (void)means, (void)squares, (void)steps, (void)count;
        (void)lr, (void)beta1, (void)beta2, (void)weight_decay, (void)eps;
        TORCH_CHECK(false, "this engine has no fused AdamW");
#endif
    });
}
