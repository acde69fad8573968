#include <ATen/Config.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/Context.h>
#include <c10/core/GradMode.h>

#include <malloc.h>
#include <sched.h>

#include "handle.h"

namespace {
thread_local std::string last_error;
}

void ct::set_last_error(const char *message) noexcept {
    try {
        last_error = message;
    } catch (...) {
        last_error.clear();
    }
}

const char *ct_last_error(void) { return last_error.c_str(); }
const char *ct_version(void) { return TORCH_VERSION; }
int ct_build_description(const char **out) {
    return guard([&] {
        static const std::string text = at::show_config();
        *out = text.c_str();
    });
}
int ct_set_num_threads(int32_t count) {
    return guard([&] { at::set_num_threads(count); });
}
int32_t ct_num_threads(void) { return at::get_num_threads(); }
int32_t ct_available_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}
void ct_keep_memory(void) {
    mallopt(M_TRIM_THRESHOLD, -1);
    mallopt(M_MMAP_MAX, 0);
}
int32_t ct_cuda_device_count(void) { return at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0; }
bool ct_has_nccl(void) {
#ifdef DENSEKIT_NCCL
    return true;
#else
    return false;
#endif
}
bool ct_grad_enabled(void) { return c10::GradMode::is_enabled(); }
void ct_set_grad_enabled(bool enabled) { c10::GradMode::set_enabled(enabled); }

namespace {
/// The device whose mode is meant; shapes alone have none of their own and follow the CPU's.
at::DeviceType autocast_device(int32_t type) {
    auto kind = device(type, 0).type();
    return kind == at::kMeta ? at::kCPU : kind;
}
}  // namespace

int ct_set_autocast(int32_t device, bool enabled, int32_t dtype) {
    return guard([&] {
        auto type = static_cast<at::ScalarType>(dtype);
        auto kind = autocast_device(device);
#if TORCH_VERSION_MAJOR >= 2
        at::autocast::set_autocast_dtype(kind, type);
        at::autocast::set_autocast_enabled(kind, enabled);
#else
        // The type first: one that is refused leaves autocast as it was.
        switch (kind) {
        case at::kCUDA:
            at::autocast::set_autocast_gpu_dtype(type);
            at::autocast::set_enabled(enabled);
            break;
        case at::kPrivateUse1:  // has no autocast of its own there
            at::autocast::set_autocast_xpu_dtype(type);
            at::autocast::set_xpu_enabled(enabled);
            break;
        default:
            at::autocast::set_autocast_cpu_dtype(type);
            at::autocast::set_cpu_enabled(enabled);
        }
#endif
    });
}
/// On the CPU 1.13 knows bfloat16 alone.
bool ct_can_autocast(int32_t device, int32_t dtype) {
    if (dtype == CT_BFLOAT16) return true;
    return dtype == CT_FLOAT16 && (device != CT_CPU || TORCH_VERSION_MAJOR >= 2);
}
int ct_autocast(int32_t device, bool *enabled, int32_t *dtype) {
    return guard([&] {
        auto kind = autocast_device(device);
#if TORCH_VERSION_MAJOR >= 2
        *enabled = at::autocast::is_autocast_enabled(kind);
        *dtype = static_cast<int32_t>(at::autocast::get_autocast_dtype(kind));
#else
        switch (kind) {
        case at::kCUDA:
            *enabled = at::autocast::is_enabled();
            *dtype = static_cast<int32_t>(at::autocast::get_autocast_gpu_dtype());
            break;
        case at::kPrivateUse1:
            *enabled = at::autocast::is_xpu_enabled();
            *dtype = static_cast<int32_t>(at::autocast::get_autocast_xpu_dtype());
            break;
        default:
            *enabled = at::autocast::is_cpu_enabled();
            *dtype = static_cast<int32_t>(at::autocast::get_autocast_cpu_dtype());
        }
#endif
    });
}
int ct_clear_autocast_cache(void) {
    return guard([] { at::autocast::clear_cache(); });
}
