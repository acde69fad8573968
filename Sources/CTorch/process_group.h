// A group of processes and their store, as c10d has them. Internal to CTorch.
#pragma once

// c10d's headers name gloo's, which Debian ships apart and PyTorch's builds do not ship at all.
#if __has_include(<gloo/algorithm.h>)
#define CT_HAS_GLOO 1
#define USE_C10D_GLOO
#else
#define CT_HAS_GLOO 0
#endif

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>

#include "handle.h"

struct ct_store_impl {
    c10::intrusive_ptr<c10d::Store> store;
    int32_t port;
};

/// Counted, since graphs that were recorded hold it too.
struct ct_group_impl : torch::CustomClassHolder {
    c10::intrusive_ptr<c10d::ProcessGroup> group;
    int32_t rank, size;
    mutable std::atomic<int64_t> calls{0};

    ct_group_impl(c10::intrusive_ptr<c10d::ProcessGroup> group, int32_t rank, int32_t size)
        : group(std::move(group)), rank(rank), size(size) {}
};

namespace ct {

/// Replaces `tensor` by the sum over all processes, and waits for it.
inline void sum_over(const ct_group_impl &group, at::Tensor tensor) {
    ++group.calls;
    std::vector<at::Tensor> tensors{std::move(tensor)};
    group.group->allreduce(tensors)->wait();
}

}  // namespace ct
