#include "handle.h"

void ct_release(ct_tensor x) {
    c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(reinterpret_cast<at::TensorImpl *>(x));
}
int64_t ct_dim(ct_tensor x) { return T(x).dim(); }
int64_t ct_size(ct_tensor x, int64_t dim) { return T(x).sizes()[dim]; }
int32_t ct_dtype(ct_tensor x) { return static_cast<int32_t>(T(x).scalar_type()); }
int ct_device(ct_tensor x, int32_t *type, int32_t *index) {
    return guard([&] {
        auto device = T(x).device();
        switch (device.type()) {
        case at::kCPU: *type = CT_CPU; break;
        case at::kCUDA: *type = CT_CUDA; break;
        case at::kMeta: *type = CT_META; break;
        case at::kPrivateUse1: *type = CT_PRIVATEUSE1; break;
        default: TORCH_CHECK(false, "ct.h has no number for the device ", device);
        }
        *index = device.index();
    });
}
bool ct_is_contiguous(ct_tensor x, int32_t format) { return T(x).is_contiguous(static_cast<at::MemoryFormat>(format)); }
bool ct_requires_grad(ct_tensor x) { return T(x).requires_grad(); }
int ct_set_requires_grad(ct_tensor x, bool value) {
    return guard([&] { T(x).set_requires_grad(value); });
}
int ct_data(ct_tensor x, void **out) {
    return guard([&] { *out = T(x).data_ptr(); });
}
int ct_item(ct_tensor x, double *out) {
    return guard([&] { *out = T(x).item().toDouble(); });
}
int ct_detach(ct_tensor x, ct_tensor *out) {
    return guard([&] { *out = give(T(x).detach()); });
}
int ct_set_data(ct_tensor x, ct_tensor data) {
    return guard([&] { T(x).set_data(T(data)); });
}
int ct_grad(ct_tensor x, ct_tensor *out) {
    return guard([&] {
        const auto &grad = T(x).grad();
        *out = grad.defined() ? give(grad) : nullptr;
    });
}
int ct_set_grad(ct_tensor x, ct_tensor grad) {
    return guard([&] { T(x).mutable_grad() = grad == nullptr ? at::Tensor() : T(grad); });
}
int ct_backward(ct_tensor x, ct_tensor gradient) {
    return guard([&] { T(x).backward(gradient == nullptr ? at::Tensor() : T(gradient)); });
}
