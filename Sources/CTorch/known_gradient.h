// What losses share that compute their gradient together with their value. Internal to CTorch.
#pragma once

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "handle.h"

namespace ct {

/// Keeps `gradient`, that of the loss by `logits`, for the backward pass, and makes a scalar of the loss.
inline at::Tensor with_gradient(torch::autograd::AutogradContext *context, const at::Tensor &logits, const at::Tensor &gradient,
                                double loss) {
    context->save_for_backward({gradient});
    context->saved_data["dtype"] = static_cast<int64_t>(logits.scalar_type());
    auto result = at::empty({}, gradient.options());
    result.fill_(loss);
    return result;
}

/// The stored gradient times that of the loss, in the type of the logits.
inline at::Tensor known_gradient(torch::autograd::AutogradContext *context, const torch::autograd::tensor_list &outer) {
    auto dtype = static_cast<at::ScalarType>(context->saved_data["dtype"].toInt());
    return context->get_saved_variables()[0].mul(outer[0]).to(dtype);
}

}  // namespace ct
