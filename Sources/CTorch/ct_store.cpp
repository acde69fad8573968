#include <ATen/ops/empty.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstring>

#include "process_group.h"

// Keys and values that the processes of a run share: c10d's TCPStore.

int ct_store_open(const char *host, int32_t port, bool server, int64_t timeout, ct_store *out) {
    return guard([&] {
        static bool once = (c10::initLogging(), true);  // TORCH_CPP_LOG_LEVEL has no effect before
        (void)once;
        c10d::TCPStoreOptions options;
        options.port = static_cast<uint16_t>(port);
        options.isServer = server;
        options.waitWorkers = false;
        options.timeout = std::chrono::milliseconds(timeout);
        auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
        int32_t bound = store->getPort();
        *out = new ct_store_impl{std::move(store), bound};
    });
}

int32_t ct_store_port(ct_store store) { return store->port; }

int ct_store_set(ct_store store, const char *key, const uint8_t *bytes, int64_t count) {
    return guard([&] { store->store->set(key, std::vector<uint8_t>(bytes, bytes + count)); });
}

int ct_store_get(ct_store store, const char *key, ct_tensor *out) {
    return guard([&] {
        auto bytes = store->store->get(key);
        auto result = at::empty({static_cast<int64_t>(bytes.size())}, at::kByte);
        if (!bytes.empty()) std::memcpy(result.data_ptr<uint8_t>(), bytes.data(), bytes.size());
        *out = give(std::move(result));
    });
}

int ct_store_set_first(ct_store store, const char *key, const uint8_t *bytes, int64_t count, ct_tensor *out) {
    return guard([&] {
        auto kept = store->store->compareSet(key, {}, std::vector<uint8_t>(bytes, bytes + count));
        auto result = at::empty({static_cast<int64_t>(kept.size())}, at::kByte);
        if (!kept.empty()) std::memcpy(result.data_ptr<uint8_t>(), kept.data(), kept.size());
        *out = give(std::move(result));
    });
}

int ct_store_add(ct_store store, const char *key, int64_t amount, int64_t *out) {
    return guard([&] { *out = store->store->add(key, amount); });
}

int ct_store_has(ct_store store, const char *key, bool *out) {
    return guard([&] { *out = store->store->check({key}); });
}

void ct_store_release(ct_store store) {
    // A destructor that fails must not take the process along.
    guard([&] { delete store; });
}
