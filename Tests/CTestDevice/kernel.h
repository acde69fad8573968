// The kernels of the device: every operation is computed by the CPU's kernel on aliases of its arguments.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace test_device {

/// Any operation, boxed.
void kernel(const c10::OperatorHandle &operation, torch::jit::Stack *stack);
/// All copies: `to`, `cpu`, `copy_`, between devices and within this one.
at::Tensor copy_from(const at::Tensor &source, const at::Tensor &target, bool non_blocking);
/// A number on the host: `item`, `is_nonzero`.
at::Scalar local_scalar(const at::Tensor &source);

/// `f` of every tensor in `value`, which is of a schema's type Tensor, Tensor[] or Tensor?[]; other values stay.
template <class F> c10::IValue each(const c10::IValue &value, const F &f) {
    if (value.isTensor()) return f(value.toTensor());
    if (value.isTensorList()) {
        c10::List<at::Tensor> result;
        for (const auto &tensor : value.toTensorVector()) result.push_back(f(tensor));
        return result;
    }
    if (!value.isList() || value.toListRef().empty() || value.toList().elementType()->kind() != c10::TypeKind::OptionalType) return value;
    c10::List<c10::optional<at::Tensor>> result;
    for (const c10::IValue &element : value.toListRef())
        result.push_back(element.isTensor() ? c10::optional<at::Tensor>(f(element.toTensor())) : c10::nullopt);
    return result;
}

}  // namespace test_device
