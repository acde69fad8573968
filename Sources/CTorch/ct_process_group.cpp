#include "process_group.h"

#include <ATen/ops/empty_like.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#if CT_HAS_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef DENSEKIT_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

// Collectives of the processes of a run: Gloo for tensors on the CPU, NCCL for those on a GPU.

bool ct_has_gloo(void) { return CT_HAS_GLOO; }

#if CT_HAS_GLOO

namespace {

using Gloo = c10d::ProcessGroupGloo;

c10::intrusive_ptr<Gloo> gloo(const c10::intrusive_ptr<c10d::Store> &store, int32_t rank, int32_t size, const char *address,
                              std::chrono::milliseconds timeout) {
    auto options = Gloo::Options::create(timeout);
    options->devices.push_back(address == nullptr ? Gloo::createDefaultDevice() : Gloo::createDeviceForHostname(address));
    return c10::make_intrusive<Gloo>(store, rank, size, options);
}

c10::intrusive_ptr<c10d::ProcessGroup> group(c10::intrusive_ptr<c10d::Store> store, int32_t rank, int32_t size, const char *address,
                                             int32_t device, std::chrono::milliseconds timeout) {
    auto cpu = gloo(store, rank, size, address, timeout);
#if TORCH_VERSION_MAJOR >= 2
    using Kind = c10d::ProcessGroup::BackendType;
    auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
    group->setBackend(at::kCPU, Kind::GLOO, ct::optional<c10::intrusive_ptr<c10d::Backend>>(cpu));
    group->setDefaultBackend(Kind::GLOO);
#ifdef DENSEKIT_NCCL
    if (device == CT_CUDA) {
        auto options = c10d::ProcessGroupNCCL::Options::create();
        options->timeout = timeout;
        auto nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("nccl", store), rank, size, options);
        group->setBackend(at::kCUDA, Kind::NCCL, ct::optional<c10::intrusive_ptr<c10d::Backend>>(nccl));
        group->setDefaultBackend(Kind::NCCL);
    }
#else
    TORCH_CHECK(device != CT_CUDA, "this build has no NCCL");
#endif
    return group;
#else
    TORCH_CHECK(device != CT_CUDA, "several processes on GPUs need libtorch 2.x with NCCL");
    return cpu;
#endif
}

}  // namespace

int ct_group_open(ct_store store, const char *name, int32_t rank, int32_t size, const char *address, int32_t device, int64_t timeout,
                  ct_group *out) {
    return guard([&] {
        auto own = c10::make_intrusive<c10d::PrefixStore>(name, store->store);
        auto made = group(own, rank, size, address, device, std::chrono::milliseconds(timeout));
        *out = c10::make_intrusive<ct_group_impl>(std::move(made), rank, size).release();
    });
}

#else

int ct_group_open(ct_store, const char *, int32_t, int32_t, const char *, int32_t, int64_t, ct_group *) {
    set_last_error("built without gloo's headers: install libgloo-dev and build again");
    return 1;
}

#endif

namespace {
/// Runs `collective` on memory in row-major order, which is all that Gloo looks at, and copies the result back where `x` lies otherwise.
template <class Collective> void in_rows(const at::Tensor &x, const Collective &collective) {
    auto rows = x.contiguous();
    std::vector<at::Tensor> tensors{rows};
    collective(tensors);
    if (!rows.is_same(x)) x.copy_(rows);
}
}  // namespace

int ct_group_all_reduce(ct_group group, ct_tensor x, int32_t operation) {
    return guard([&] {
        ++group->calls;
        c10d::AllreduceOptions options;
        options.reduceOp = operation == CT_MIN ? c10d::ReduceOp::MIN : operation == CT_MAX ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
        in_rows(T(x), [&](auto &tensors) { group->group->allreduce(tensors, options)->wait(); });
    });
}

int ct_group_broadcast(ct_group group, ct_tensor x, int32_t root) {
    return guard([&] {
        ++group->calls;
        c10d::BroadcastOptions options;
        options.rootRank = root;
        in_rows(T(x), [&](auto &tensors) { group->group->broadcast(tensors, options)->wait(); });
    });
}

int ct_group_all_gather(ct_group group, ct_tensor x, ct_tensor *outs) {
    return guard([&] {
        ++group->calls;
        std::vector<at::Tensor> inputs{T(x).contiguous()};
        std::vector<std::vector<at::Tensor>> outputs(1);
        for (int32_t i = 0; i < group->size; ++i) outputs[0].push_back(at::empty_like(inputs[0]));
        group->group->allgather(outputs, inputs)->wait();
        for (int32_t i = 0; i < group->size; ++i) outs[i] = give(outputs[0][i]);
    });
}

int ct_group_send(ct_group group, ct_tensor x, int32_t to, int32_t tag) {
    return guard([&] {
        std::vector<at::Tensor> tensors{T(x).contiguous()};
        group->group->send(tensors, to, tag)->wait();
    });
}

int ct_group_receive(ct_group group, ct_tensor x, int32_t from, int32_t tag) {
    return guard([&] {
        in_rows(T(x), [&](auto &tensors) { group->group->recv(tensors, from, tag)->wait(); });
    });
}

int64_t ct_group_calls(ct_group group) { return group->calls; }

void ct_group_release(ct_group group) {
    guard([&] { c10::intrusive_ptr<ct_group_impl>::reclaim(group); });
}

struct ct_receive_impl {
    at::Tensor tensor;  // written to until the work is done
    c10::intrusive_ptr<c10d::Work> work;
};

int ct_receive_start(ct_group group, ct_tensor x, int32_t from, int32_t tag, ct_receive *out) {
    return guard([&] {
        TORCH_CHECK(T(x).is_contiguous(), "receives into memory in row-major order alone");
        std::vector<at::Tensor> tensors{T(x)};
        *out = new ct_receive_impl{T(x), group->group->recv(tensors, from, tag)};
    });
}

int ct_receive_wait(ct_receive receive, int64_t timeout, bool *arrived) {
    return guard([&] { *arrived = receive->work->wait(std::chrono::milliseconds(timeout)); });
}

int ct_receive_abort(ct_receive receive) {
    return guard([&] { receive->work->abort(); });
}

void ct_receive_release(ct_receive receive) {
    guard([&] { delete receive; });
}
