#include "process_group.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>

// Means of gradients over the processes, sent in buckets while the backward pass still runs: c10d's Reducer.

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Transfers {
    std::mutex mutex;
    std::vector<ct_transfer> all;
};

/// The mean over the processes, as the Reducer computes without a hook, and when it was sent and arrived.
struct Trace : c10d::CommHookInterface {
    c10::intrusive_ptr<c10d::ProcessGroup> group;
    int32_t size;
    std::shared_ptr<Transfers> transfers;

    Trace(const ct_group_impl &group, std::shared_ptr<Transfers> transfers)
        : group(group.group), size(group.size), transfers(std::move(transfers)) {}

    c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket &bucket) override {
        auto buffer = bucket.getBufferRef();
        size_t index;
        {
            std::lock_guard<std::mutex> lock(transfers->mutex);
            index = transfers->all.size();
            transfers->all.push_back({static_cast<int64_t>(buffer.nbytes()), now(), 0});
        }
        std::vector<at::Tensor> tensors{buffer.div_(size)};
        auto future = group->allreduce(tensors)->getFuture();
        future->addCallback([transfers = transfers, index](c10::ivalue::Future &) {
            std::lock_guard<std::mutex> lock(transfers->mutex);
            if (index < transfers->all.size()) transfers->all[index].end = now();
        });
        return future;
    }

    at::Tensor parseHookResult(const c10::IValue &result) override {
        return result.isTensor() ? result.toTensor() : result.toTensorVector()[0];
    }
};

/// Drops the advice that all parameters were used, and that looking for others costs time: the next pass may be another one.
struct Silence : c10::WarningHandler {
#if TORCH_VERSION_MAJOR >= 2
    using Guard = c10::WarningUtils::WarningHandlerGuard;
    void process(const c10::Warning &) override {}
#else
    using Guard = c10::Warning::WarningHandlerGuard;
    void process(const c10::SourceLocation &, const std::string &, const bool) override {}
#endif
};

/// A loss that also depends on `parameters`, with no gradient to them.
struct Touch : torch::autograd::Function<Touch> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &loss, at::TensorList parameters) {
        context->saved_data["count"] = static_cast<int64_t>(parameters.size());
        return loss.clone();
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context, torch::autograd::tensor_list outer) {
        torch::autograd::tensor_list gradients(1 + context->saved_data["count"].toInt());
        gradients[0] = outer[0];
        return gradients;
    }
};

}  // namespace

struct ct_reducer_impl {
    ct_group group;  // the caller keeps it
    std::shared_ptr<c10d::Reducer> reducer;
    std::shared_ptr<Transfers> transfers;  // null where none are noted
};

int ct_reducer_open(ct_group group, const ct_tensor *parameters, const char *const *names, int64_t count, int64_t first, int64_t cap,
                    bool trace, ct_reducer *out) {
    return guard([&] {
        auto tensors = list(parameters, count).vec();
        std::vector<bool> sparse(tensors.size(), false);
        auto [buckets, limits] =
            c10d::compute_bucket_assignment_by_size(tensors, {static_cast<size_t>(first), static_cast<size_t>(cap)}, sparse);
        // The backward pass meets the last parameters first.
        std::reverse(buckets.begin(), buckets.end());
        std::reverse(limits.begin(), limits.end());
        std::unordered_map<size_t, std::string> by_index;
        for (int64_t i = 0; i < count; ++i) by_index[i] = names[i];
        constexpr bool find_unused = true, as_view = false;
#if TORCH_VERSION_MAJOR >= 2
        auto reducer = std::make_shared<c10d::Reducer>(tensors, buckets, group->group, sparse, cap, find_unused, as_view, by_index, first,
                                                       /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
                                                       std::vector<int64_t>{first, cap});
#else
        auto reducer = std::make_shared<c10d::Reducer>(tensors, buckets, limits, group->group, sparse, cap, find_unused, as_view, by_index,
                                                       first);
#endif
        std::shared_ptr<Transfers> transfers;
        if (trace) {
            transfers = std::make_shared<Transfers>();
            reducer->register_comm_hook(std::make_unique<Trace>(*group, transfers));
        }
        *out = new ct_reducer_impl{group, std::move(reducer), std::move(transfers)};
    });
}

int ct_reducer_prepare_forward(ct_reducer reducer) {
    return guard([&] { reducer->reducer->prepare_for_forward(); });
}

int ct_reducer_prepare_backward(ct_reducer reducer, ct_tensor loss) {
    return guard([&] {
        ++reducer->group->calls;
        Silence silence;
        Silence::Guard guard(&silence);
        reducer->reducer->prepare_for_backward({T(loss)});
    });
}

int ct_touch(ct_tensor loss, const ct_tensor *parameters, int64_t count, ct_tensor *out) {
    return guard([&] { *out = give(Touch::apply(T(loss), list(parameters, count))); });
}

int64_t ct_reducer_transfers(ct_reducer reducer, ct_transfer *out, int64_t room) {
    if (!reducer->transfers) return 0;
    std::lock_guard<std::mutex> lock(reducer->transfers->mutex);
    auto &all = reducer->transfers->all;
    int64_t count = std::min<int64_t>(room, all.size());
    std::copy_n(all.begin(), count, out);
    all.clear();
    return count;
}

void ct_reducer_release(ct_reducer reducer) {
    guard([&] { delete reducer; });
}
