#include "kernel.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

#include "counts.h"
#include "memory.h"

namespace test_device {
namespace {

/// The run of one operation. Each tensor of the device becomes a tensor of the CPU on the memory behind it; results come back as views of the
/// same memory, or are taken over without a copy.
class Call {
  public:
    /// The alias of an argument. Tensors of other devices stay, if they are single numbers of the CPU; else they are a mistake (`check`).
    at::Tensor host(const at::Tensor &tensor) {
        if (!tensor.defined()) return tensor;
        if (tensor.device() != device()) {
            if (!tensor.is_cpu() || tensor.dim() > 0) stranger = c10::str(tensor.device(), " with the shape ", tensor.sizes());
            else foreign.push_back(tensor.storage());
            return tensor;
        }
        TORCH_CHECK(!tensor.is_complex(), "the test device has no complex numbers");
        for (const auto &pair : tensors)
            if (pair.first.is_same(tensor)) return pair.second;
        auto alias = at::detail::make_tensor<c10::TensorImpl>(host(tensor.storage()), c10::DispatchKeySet(c10::DispatchKey::CPU), tensor.dtype());
        shape(alias, tensor);
        if (tensor.unsafeGetTensorImpl()->is_wrapped_number()) alias.unsafeGetTensorImpl()->set_wrapped_number(true);
        tensors.emplace_back(tensor, alias);
        return alias;
    }

    c10::Storage host(const c10::Storage &own) {
        TORCH_CHECK(own.device() == device(), "the storage is on ", own.device());
        for (const auto &pair : storages)
            if (pair.first.is_alias_of(own)) return pair.second;
        storages.emplace_back(own, storage({memory_of(own.data_ptr()), c10::kCPU}, own.nbytes(), c10::GetCPUAllocator()));
        return storages.back().second;
    }

    /// Throws if an argument was on another device.
    void check(const c10::OperatorHandle &operation) const {
        TORCH_CHECK(stranger.empty(), operation.operator_name(), ": expected all tensors to be on ", device(), ", but one is on ", stranger);
    }

    /// What the kernel did to an argument's memory and shape: `resize_`, `out=`, `set_`, `t_`.
    void finish() {
        for (size_t i = 0; i < storages.size(); ++i) {
            auto *own = storages[i].first.unsafeGetStorageImpl(), *alias = storages[i].second.unsafeGetStorageImpl();
            const c10::Storage &there = storages[i].first, &here = storages[i].second;
            if (here.data() == memory_of(there.data_ptr())) continue;
            auto size = alias->nbytes();
            own->set_data_ptr(adopt(alias->set_data_ptr({nullptr, c10::kCPU}), size));
            own->set_nbytes(size);
        }
        for (size_t i = 0; i < tensors.size(); ++i) {
            const auto &[own, alias] = tensors[i];
            auto storage = guest(alias.storage());
            if (!storage.is_alias_of(own.storage())) own.unsafeGetTensorImpl()->set_storage_keep_dtype(storage);
            if (own.sizes() != alias.sizes() || own.strides() != alias.strides() || own.storage_offset() != alias.storage_offset())
                shape(own, alias);
        }
    }

    /// A result: an argument itself, a view of one, or a new tensor.
    at::Tensor result(const at::Tensor &found) {
        if (!found.defined() || found.device() == device()) return found;
        for (const auto &pair : tensors)
            if (pair.second.is_same(found)) return pair.first;
        for (const auto &storage : foreign)
            if (storage.is_alias_of(found.storage())) return result(found.clone());
        auto own = at::detail::make_tensor<c10::TensorImpl>(guest(found.storage()), keys(), found.dtype());
        shape(own, found);
        return own;
    }

  private:
    // Pairs of what is on the device and its alias: few, so that searching is quicker than hashing.
    std::vector<std::pair<c10::Storage, c10::Storage>> storages;
    std::vector<std::pair<at::Tensor, at::Tensor>> tensors;
    std::vector<c10::Storage> foreign;  // of single numbers on the CPU
    std::string stranger;               // a tensor on another device

    static void shape(const at::Tensor &to, const at::Tensor &from) {
        to.unsafeGetTensorImpl()->set_storage_offset(from.storage_offset());
        to.unsafeGetTensorImpl()->set_sizes_and_strides(from.sizes(), from.strides());
    }

    c10::Storage guest(const c10::Storage &alias) {
        for (const auto &pair : storages)
            if (pair.second.is_alias_of(alias)) return pair.first;
        auto size = alias.nbytes();
        auto memory = alias.unsafeGetStorageImpl()->set_data_ptr({nullptr, c10::kCPU});
        storages.emplace_back(storage(adopt(std::move(memory), size), size, allocator()), alias);
        return storages.back().first;
    }
};

/// Aliases are tensors of the CPU: its autograd and autocast must not see them.
struct Inside {
    at::AutoDispatchBelowADInplaceOrView below;
    c10::impl::ExcludeDispatchKeyGuard no_autocast{c10::autocast_dispatch_keyset};
};

}  // namespace

void kernel(const c10::OperatorHandle &operation, torch::jit::Stack *stack) {
    Call call;
    auto size = operation.schema().arguments().size();
    torch::jit::Stack values;
    for (const auto &value : torch::jit::last(*stack, size)) {
        if (value.isDevice()) values.emplace_back(c10::Device(c10::kCPU));
        else if (value.isStorage()) values.emplace_back(call.host(value.toStorage()));
        else values.push_back(each(value, [&](const at::Tensor &tensor) { return call.host(tensor); }));
    }
    call.check(operation);
    count(operation, values);
    {
        Inside inside;
        operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &values);
    }
    call.finish();
    torch::jit::drop(*stack, size);
    for (const auto &value : values) stack->push_back(each(value, [&](const at::Tensor &tensor) { return call.result(tensor); }));
}

at::Tensor copy_from(const at::Tensor &source, const at::Tensor &target, bool) {
    if (target.device() == device() && source.is_cpu()) count(TD_TO_DEVICE);
    if (target.is_cpu() && source.device() == device()) count(TD_TO_HOST);
    Call call;
    // A tensor of the CPU is its own alias here: this is where the devices meet.
    auto from = call.host(source), to = call.host(target);
    Inside inside;
    to.copy_(from);
    return target;
}

at::Scalar local_scalar(const at::Tensor &source) {
    count(TD_SCALARS);
    Call call;
    auto alias = call.host(source);
    Inside inside;
    return alias.item();
}

}  // namespace test_device
