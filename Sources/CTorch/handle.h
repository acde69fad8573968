// What every area shares: the handle of a tensor and the guard around a call. Internal to CTorch.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <torch/csrc/api/include/torch/version.h>

#include <string>
#include <vector>

#include "ct.h"

namespace ct {

#if TORCH_VERSION_MAJOR >= 2
template <class T> using optional = std::optional<T>;
#else
template <class T> using optional = c10::optional<T>;
#endif

void set_last_error(const char *message) noexcept;

/// Runs `body`; an exception becomes status 1 and a sentence. Nothing passes this line.
template <class Body> int guard(Body body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &error) {
        set_last_error(error.what_without_backtrace());
    } catch (const std::exception &error) {
        set_last_error(error.what());
    } catch (...) {
        set_last_error("unknown C++ exception");
    }
    return 1;
}

static_assert(sizeof(at::Tensor) == sizeof(ct_tensor), "a handle is the tensor's one pointer");

/// The tensor behind a handle, by reference: the handle keeps its count.
inline const at::Tensor &T(const ct_tensor &handle) { return *reinterpret_cast<const at::Tensor *>(&handle); }

/// The tensor behind a handle that may be NULL.
inline optional<at::Tensor> maybe(const ct_tensor &handle) {
    if (handle == nullptr) return {};
    return T(handle);
}

/// Hands the tensor's reference over to the caller.
inline ct_tensor give(at::Tensor tensor) { return reinterpret_cast<ct_tensor>(tensor.unsafeReleaseTensorImpl()); }

inline at::IntArrayRef ints(const int64_t *values, int64_t count) { return {values, static_cast<size_t>(count)}; }

inline at::TensorList list(const ct_tensor *handles, int64_t count) {
    return {reinterpret_cast<const at::Tensor *>(handles), static_cast<size_t>(count)};
}

/// Throws for a type that is none of ct.h's.
inline at::Device device(int32_t type, int32_t index) {
    switch (type) {
    case CT_CUDA: return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
    case CT_META: return {at::kMeta};
    case CT_PRIVATEUSE1: return {at::kPrivateUse1, 0};
    case CT_CPU: return {at::kCPU};
    default: TORCH_CHECK(false, "expected a device of the numbers of ct.h, found ", type);
    }
}

}  // namespace ct

using namespace ct;
