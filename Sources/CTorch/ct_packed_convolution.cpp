// Convolutions for inference on the CPU: oneDNN's, with the weights stored once in the order that the processor's kernel reads, and the
// ReLU in the same pass. Reached through the dispatcher, under the names that both engines register.
#include "handle.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace {

using Operator = optional<c10::OperatorHandle>;

const Operator &prepack() {
    static const Operator found = c10::Dispatcher::singleton().findSchema({"mkldnn_prepacked::conv2d_prepack", ""});
    return found;
}
const Operator &run() {
    static const Operator found = c10::Dispatcher::singleton().findSchema({"mkldnn_prepacked::conv2d_run", ""});
    return found;
}
std::vector<int64_t> vector(const int64_t *values, int64_t count) { return {values, values + count}; }

/// A band of rows of one image keeps the whole image's first stride, by which oneDNN would not recognize that it is channels-last.
at::Tensor dense(const at::Tensor &x) {
    if (x.size(0) != 1) return x;
    auto channels = x.size(1), width = x.size(3);
    return x.as_strided(x.sizes(), {x.size(2) * width * channels, 1, width * channels, channels});
}

}  // namespace

struct ct_packed_conv2d_impl {
    c10::IValue context;
};

bool ct_can_pack_conv2d(void) { return prepack() && run(); }

int ct_pack_conv2d(ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2], const int64_t dilation[2],
                   int64_t groups, const int64_t input_size[4], bool relu, ct_packed_conv2d *out) {
    return guard([&] {
        torch::jit::Stack stack;
        torch::jit::push(stack, T(weight), maybe(bias), vector(stride, 2), vector(padding, 2), vector(dilation, 2), groups,
                         vector(input_size, 4), std::string(relu ? "relu" : "none"));
        prepack()->callBoxed(&stack);
        *out = new ct_packed_conv2d_impl{std::move(stack.at(0))};
    });
}
int ct_packed_conv2d_run(ct_packed_conv2d packed, ct_tensor x, ct_tensor *out) {
    return guard([&] {
        torch::jit::Stack stack;
        torch::jit::push(stack, dense(T(x)), packed->context);
        run()->callBoxed(&stack);
        *out = give(std::move(stack.at(0)).toTensor());
    });
}
void ct_packed_conv2d_release(ct_packed_conv2d packed) { delete packed; }
