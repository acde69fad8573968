// Loops on the engine's own threads. ATen's `parallel_for` is a template that needs the compiler's OpenMP; this compiler's is another
// library than the engine's. So the engine's is called through its interface, which has been stable since GCC 4.9. Internal to CTorch.
#pragma once

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <exception>

namespace {

/// Calls `body(from, to)` for ranges that make up `begin ..< end`, each of `grain` or more, on several threads. The first exception is thrown again.
template <class Body> void parallel_for(int64_t begin, int64_t end, int64_t grain, const Body &body) {
    using Start = void (*)(void (*)(void *), void *, unsigned, unsigned);
    static const auto start = reinterpret_cast<Start>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));

    int64_t parts = std::min<int64_t>(at::get_num_threads(), (end - begin + grain - 1) / std::max<int64_t>(grain, 1));
    if (parts <= 1 || start == nullptr || at::in_parallel_region()) {
        if (begin < end) body(begin, end);
        return;
    }
    struct Work {
        int64_t begin, end, size;
        const Body &body;
        std::atomic<int64_t> next{0};
        std::atomic_flag failed = ATOMIC_FLAG_INIT;
        std::exception_ptr error;
    } work{begin, end, (end - begin + parts - 1) / parts, body};
    // Whoever comes takes the next part: the engine may start fewer threads than requested.
    auto run = [](void *pointer) {
        auto &work = *static_cast<Work *>(pointer);
        while (true) {
            int64_t from = work.begin + work.next++ * work.size;
            if (from >= work.end) return;
            try {
                work.body(from, std::min(work.end, from + work.size));
            } catch (...) {
                if (!work.failed.test_and_set()) work.error = std::current_exception();
            }
        }
    };
    start(run, &work, static_cast<unsigned>(parts), 0);
    if (work.error) std::rethrow_exception(work.error);
}

}  // namespace
