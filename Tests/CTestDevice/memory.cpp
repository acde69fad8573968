#include "memory.h"

#include <c10/core/CPUAllocator.h>

#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace test_device {
namespace {

constexpr size_t kSpan = size_t(1) << 42;  // addresses alone: no memory is behind them
constexpr size_t kPage = 4096;
constexpr size_t kLargest = size_t(1) << 36;  // of a tensor: addresses come round again before the range ends

char *base() {
    static auto *start = static_cast<char *>(mmap(nullptr, kSpan, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    return start;
}

void release(void *memory) { delete static_cast<c10::DataPtr *>(memory); }

struct Memory final : c10::Allocator {
#if TORCH_VERSION_MAJOR >= 2
    c10::DataPtr allocate(size_t size) override { return adopt(c10::GetCPUAllocator()->allocate(size), size); }
    void copy_data(void *, const void *, size_t) const override { TORCH_CHECK(false, "the test device copies tensors, not bytes"); }
#else
    c10::DataPtr allocate(size_t size) const override { return adopt(c10::GetCPUAllocator()->allocate(size), size); }
#endif
};

void on_fault(int, siginfo_t *info, void *) {
    auto *address = static_cast<char *>(info->si_addr);
    if (address < base() || address >= base() + kSpan) {  // not ours: as if there were no handler
        signal(SIGSEGV, SIG_DFL);
        return;
    }
    constexpr char sentence[] = "the host read or wrote memory of the test device outside of its kernels\n";
    (void)!write(STDERR_FILENO, sentence, sizeof sentence - 1);
    void *frames[64];
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    _exit(97);
}

}  // namespace

c10::DataPtr adopt(c10::DataPtr memory, size_t size) {
    static std::atomic<size_t> next{0};
    if (memory.get() == nullptr) return {nullptr, device()};
    auto place = next.fetch_add((size + 2 * kPage - 1) / kPage * kPage) % (kSpan - kLargest);
    return {base() + place, new c10::DataPtr(std::move(memory)), &release, device()};
}

void *memory_of(const c10::DataPtr &pointer) {
    return pointer.get() == nullptr ? nullptr : static_cast<c10::DataPtr *>(pointer.get_context())->get();
}

c10::Allocator *allocator() {
    static Memory memory;
    return &memory;
}

c10::Storage storage(c10::DataPtr pointer, size_t size, c10::Allocator *allocator) {
    return c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), size, std::move(pointer), allocator, true);
}

void catch_host_access() {
    TORCH_CHECK(base() != MAP_FAILED, "no range of addresses is to be had for the test device: ", strerror(errno));
    void *frame;
    backtrace(&frame, 1);  // loads what it needs now, not in the handler
    constexpr size_t size = 1 << 18;
    stack_t stack{};
    stack.ss_sp = malloc(size);  // for the life of the process
    stack.ss_size = size;
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, nullptr);
}

}  // namespace test_device
