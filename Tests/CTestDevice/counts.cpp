#include "counts.h"

#include <execinfo.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace test_device {
namespace {

std::atomic<int64_t> transfers[3];
std::atomic<bool> traces{false};
std::mutex mutex;
std::map<std::string, int64_t> waits;  // behind the mutex

void trace(const std::string &what) {
    if (!traces) return;
    auto line = "-- " + what + "\n";
    (void)!write(STDERR_FILENO, line.data(), line.size());
    void *frames[64];
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
}

/// Operations whose result's shape, or whose result, is known only once the device has computed it.
bool always_waits(const std::string &name) {
    static const std::set<std::string> names{
        "aten::nonzero", "aten::masked_select", "aten::_unique", "aten::_unique2", "aten::unique_dim", "aten::unique_consecutive",
        "aten::equal", "aten::bincount", "aten::repeat_interleave"};
    return names.count(name) > 0;
}

/// Indexing by a mask looks for its places first.
bool indexes_by_mask(const std::string &name, const torch::jit::Stack &arguments) {
    if (name.rfind("aten::index", 0) != 0 && name != "aten::_index_put_impl_") return false;
    for (const auto &argument : arguments) {
        if (!argument.isList() || argument.isTensorList()) continue;
        for (const c10::IValue &element : argument.toListRef()) {
            if (element.isTensor() && element.toTensor().defined() &&
                (element.toTensor().scalar_type() == at::kBool || element.toTensor().scalar_type() == at::kByte))
                return true;
        }
    }
    return false;
}

}  // namespace

void count(int32_t kind) {
    static const char *const names[] = {"a copy to the device", "a copy to the host", "a number read from the device"};
    ++transfers[kind];
    trace(names[kind]);
}

void count(const c10::OperatorHandle &operation, const torch::jit::Stack &arguments) {
    const auto &name = operation.schema().name();
    if (!always_waits(name) && !indexes_by_mask(name, arguments)) return;
    {
        std::lock_guard<std::mutex> lock(mutex);
        ++waits[name.substr(6)];
    }
    trace(name);
}

}  // namespace test_device

using namespace test_device;

void td_reset(void) {
    for (auto &number : transfers) number = 0;
    std::lock_guard<std::mutex> lock(mutex);
    waits.clear();
}
int64_t td_count(int32_t kind) { return transfers[kind]; }
const char *td_synchronisations(void) {
    thread_local std::string text;
    std::lock_guard<std::mutex> lock(mutex);
    text.clear();
    for (const auto &[name, number] : waits) text += name + " " + std::to_string(number) + "\n";
    return text.c_str();
}
void td_trace(bool enabled) { traces = enabled; }
