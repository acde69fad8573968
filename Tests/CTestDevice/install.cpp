#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/autocast_mode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <mutex>

#include "counts.h"
#include "kernel.h"
#include "memory.h"

#if TORCH_VERSION_MAJOR >= 2
#include <ATen/detail/PrivateUse1HooksInterface.h>
#endif

namespace test_device {
namespace {

constexpr auto kKey = c10::DispatchKey::PrivateUse1;

/// One device with one stream.
struct Guard final : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return kType; }
    c10::Device exchangeDevice(c10::Device) const override { return device(); }
    c10::Device getDevice() const override { return device(); }
    void setDevice(c10::Device) const override {}
    void uncheckedSetDevice(c10::Device) const noexcept override {}
#if TORCH_VERSION_MAJOR >= 2
    c10::Stream getStream(c10::Device) const override { return stream(); }
    c10::Stream exchangeStream(c10::Stream) const override { return stream(); }
#else
    c10::Stream getStream(c10::Device) const noexcept override { return stream(); }
    c10::Stream exchangeStream(c10::Stream) const noexcept override { return stream(); }
#endif
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }

  private:
    static c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, device()); }
};

#if TORCH_VERSION_MAJOR >= 2
/// The kernels are the CPU's: so are the random numbers.
struct Hooks final : at::PrivateUse1HooksInterface {
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
    c10::DeviceIndex deviceCount() const override { return 1; }
    c10::DeviceIndex getCurrentDevice() const override { return 0; }
    const at::Generator &getDefaultGenerator(c10::DeviceIndex) const override { return at::detail::getDefaultCPUGenerator(); }
};

constexpr auto kAutocast = c10::DispatchKey::AutocastPrivateUse1;
at::ScalarType autocast_dtype() { return at::autocast::get_autocast_dtype(kType); }
#else
constexpr auto kAutocast = c10::DispatchKey::AutocastXPU;
at::ScalarType autocast_dtype() { return at::autocast::get_autocast_xpu_dtype(); }
#endif

at::Tensor empty(at::IntArrayRef size, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>, c10::optional<at::Device>,
                 c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
    return at::detail::empty_generic(size, allocator(), keys(), c10::dtype_or_default(dtype), format);
}
at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>,
                         c10::optional<at::Device>, c10::optional<bool>) {
    return at::detail::empty_strided_generic(size, stride, allocator(), keys(), c10::dtype_or_default(dtype));
}

/// An operation under autocast: floating-point tensors are converted, then it runs as without.
void cast(const c10::OperatorHandle &operation, torch::jit::Stack *stack, at::ScalarType dtype) {
    c10::impl::ExcludeDispatchKeyGuard once{kAutocast};
    auto count = operation.schema().arguments().size();
    for (size_t i = stack->size() - count; i < stack->size(); ++i) {
        (*stack)[i] = each((*stack)[i], [&](const at::Tensor &tensor) {
            bool converts = tensor.defined() && tensor.device() == device() && tensor.is_floating_point() && tensor.scalar_type() != at::kDouble;
            return converts ? tensor.to(dtype) : tensor;
        });
    }
    operation.callBoxed(stack);
}
void cast_down(const c10::OperatorHandle &operation, torch::jit::Stack *stack) { cast(operation, stack, autocast_dtype()); }
void cast_up(const c10::OperatorHandle &operation, torch::jit::Stack *stack) { cast(operation, stack, at::kFloat); }

/// The CPU adds the statistics of channels-last maps up in single precision, one position after another, which is off by far more than a GPU
/// (ct_batch_norm.cpp): on the device they are computed on the map in row-major order.
void batch_norm(const c10::OperatorHandle &operation, torch::jit::Stack *stack) {
    auto count = operation.schema().arguments().size();
    auto &map = (*stack)[stack->size() - count];
    auto format = map.toTensor().suggest_memory_format();
    map = map.toTensor().contiguous();
    kernel(operation, stack);
    auto &result = (*stack)[stack->size() - operation.schema().returns().size()];
    result = result.toTensor().contiguous(format);
}

auto boxed() { return torch::CppFunction::makeFromBoxedFunction<&kernel>(); }

void register_kernels() {
    static torch::Library all(torch::Library::IMPL, "_", kKey, __FILE__, __LINE__), aten(torch::Library::IMPL, "aten", kKey, __FILE__, __LINE__);
    all.fallback(boxed());
    aten.impl("empty.memory_format", empty);
    aten.impl("empty_strided", empty_strided);
    aten.impl("_copy_from", copy_from);
    aten.impl("_local_scalar_dense", local_scalar);
    aten.impl("convolution", boxed());
    aten.impl("convolution_backward", boxed());
    aten.impl("native_batch_norm", torch::CppFunction::makeFromBoxedFunction<&batch_norm>());
    // Each operation that the CPU has a kernel for is one kernel of the device, too: what is composed of others on the CPU stays so, and all
    // round alike.
    for (const auto &name : c10::Dispatcher::singleton().getAllOpNames()) {
        auto found = c10::Dispatcher::singleton().findOp(name);
        if (!found || name.name.rfind("aten::", 0) != 0 || !found->hasKernelForDispatchKey(c10::DispatchKey::CPU) ||
            found->hasKernelForDispatchKey(kKey))
            continue;
        aten.impl((name.name.substr(6) + (name.overload_name.empty() ? "" : "." + name.overload_name)).c_str(), boxed());
    }
}

/// Not the list of CUDA: what our models need to run in mixed precision.
void register_autocast() {
    static torch::Library all(torch::Library::IMPL, "_", kAutocast, __FILE__, __LINE__);
    static torch::Library aten(torch::Library::IMPL, "aten", kAutocast, __FILE__, __LINE__);
    all.fallback(torch::CppFunction::makeFallthrough());
    for (const char *name : {"conv2d", "conv_transpose2d.input", "linear", "matmul", "mm", "addmm", "bmm", "baddbmm"})
        aten.impl(name, torch::CppFunction::makeFromBoxedFunction<&cast_down>());
    for (const char *name : {"layer_norm", "group_norm", "softmax.int", "log_softmax.int", "cross_entropy_loss", "nll_loss"})
        aten.impl(name, torch::CppFunction::makeFromBoxedFunction<&cast_up>());
}

void install() {
    catch_host_access();
    static c10::impl::DeviceGuardImplRegistrar guard(kType, new Guard);
    c10::SetAllocator(kType, allocator());
#if TORCH_VERSION_MAJOR >= 2
    at::RegisterPrivateUse1HooksInterface(new Hooks);
    c10::register_privateuse1_backend("testdevice");
#endif
    register_kernels();
    register_autocast();
}

thread_local std::string last_error;

template <class Body> int guarded(const Body &body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &error) {
        last_error = error.what_without_backtrace();
    } catch (const std::exception &error) {
        last_error = error.what();
    }
    return 1;
}

}  // namespace
}  // namespace test_device

using namespace test_device;

int td_install(void) {
    static std::once_flag once;
    return guarded([] { std::call_once(once, install); });
}
const char *td_last_error(void) { return last_error.c_str(); }
int td_read_memory(const void *handle) {
    return guarded([&] {
        const auto &tensor = *reinterpret_cast<const at::Tensor *>(&handle);
        volatile char byte = *static_cast<const char *>(tensor.data_ptr());
        (void)byte;
    });
}
