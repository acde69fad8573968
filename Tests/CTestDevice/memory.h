// The device's memory. A tensor's data pointer is an address in one reserved range that nobody may read or write; kernels find the ordinary
// memory behind it. Nothing is ever unprotected, so a read by anybody else is caught while a kernel runs, too.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>
#include <c10/core/Storage.h>
#include <torch/csrc/api/include/torch/version.h>

namespace test_device {

constexpr auto kType = c10::DeviceType::PrivateUse1;
inline c10::Device device() { return {kType, 0}; }

/// The keys of a tensor on the device. The engine moves a tensor's data (`set_data`) only between backends of a list without PrivateUse1, and
/// the 1.x engine has no autocast key for it. XPU has both, and nothing else uses it: its keys are added, below those of PrivateUse1.
inline c10::DispatchKeySet keys() {
#if TORCH_VERSION_MAJOR >= 2
    return c10::DispatchKeySet({c10::DispatchKey::PrivateUse1, c10::DispatchKey::XPU});
#else
    return c10::DispatchKeySet({c10::DispatchKey::PrivateUse1, c10::DispatchKey::XPU, c10::DispatchKey::AutocastXPU});
#endif
}

/// Takes over `memory`, `size` bytes on the CPU, without a copy: the result points into the protected range.
c10::DataPtr adopt(c10::DataPtr memory, size_t size);
/// The memory on the CPU behind a pointer of the device.
void *memory_of(const c10::DataPtr &pointer);
c10::Allocator *allocator();
c10::Storage storage(c10::DataPtr pointer, size_t size, c10::Allocator *allocator);

/// From now on a read or write of the protected range ends the process with a sentence and the status 97.
void catch_host_access();

}  // namespace test_device
