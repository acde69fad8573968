#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "handle.h"

namespace {
at::Generator generator(ct_generator handle) {
    if (handle == nullptr) return at::detail::getDefaultCPUGenerator();
    auto *impl = reinterpret_cast<c10::GeneratorImpl *>(handle);
    return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::unsafe_reclaim_from_nonowning(impl));
}
/// A default generator is chosen by the tensor's device.
optional<at::Generator> maybe_generator(ct_generator handle) {
    if (handle == nullptr) return {};
    return generator(handle);
}
}  // namespace

int ct_generator_new(uint64_t seed, ct_generator *out) {
    return guard([&] {
        auto made = at::detail::createCPUGenerator(seed);
        *out = reinterpret_cast<ct_generator>(made.unsafeReleaseGeneratorImpl());
    });
}
int ct_generator_default(int32_t type, int32_t index, ct_generator *out) {
    return guard([&] {
        at::Generator shared = at::globalContext().defaultGenerator(device(type, index));
        *out = reinterpret_cast<ct_generator>(shared.unsafeReleaseGeneratorImpl());
    });
}
void ct_generator_release(ct_generator handle) {
    c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(reinterpret_cast<c10::GeneratorImpl *>(handle));
}
int ct_manual_seed(uint64_t seed) {
    return guard([&] { at::manual_seed(seed); });
}
int ct_generator_state(ct_generator handle, ct_tensor *out) {
    return guard([&] {
        auto g = generator(handle);
        std::lock_guard<std::mutex> lock(g.mutex());
        *out = give(g.get_state());
    });
}
int ct_set_generator_state(ct_generator handle, ct_tensor state) {
    return guard([&] {
        auto g = generator(handle);
        std::lock_guard<std::mutex> lock(g.mutex());
        g.set_state(T(state));
    });
}
int ct_uniform_(ct_tensor x, double low, double high, ct_generator g) {
    return guard([&] { T(x).uniform_(low, high, maybe_generator(g)); });
}
int ct_normal_(ct_tensor x, double mean, double deviation, ct_generator g) {
    return guard([&] { T(x).normal_(mean, deviation, maybe_generator(g)); });
}
