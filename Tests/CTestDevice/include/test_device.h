/* A device for tests, without a GPU: libtorch's key PrivateUse1, computed on the CPU (docs/engine.md).
 *
 * Functions that can fail return 0, or 1 and leave a sentence in td_last_error() (of the calling thread).
 */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Copies to the device, copies to the host, and single numbers read from the device (`item`). */
enum { TD_TO_DEVICE = 0, TD_TO_HOST = 1, TD_SCALARS = 2 };

/* Registers the device: once in a process, and before its first backward pass. */
int td_install(void);
const char *td_last_error(void);

/* What was counted since the last reset, in all threads. */
void td_reset(void);
int64_t td_count(int32_t kind);
/* Operations that make a GPU's host wait though they copy nothing here, a line each: "nonzero 3\n". Valid until the thread's next call. */
const char *td_synchronisations(void);

/* Whether every transfer and every such operation writes its stack to stderr, to find what causes it. */
void td_trace(bool enabled);

/* For the test of the protection: the first byte of a tensor's memory, read by the host. The handle is CTorch's. */
int td_read_memory(const void *tensor);

#ifdef __cplusplus
}
#endif
#endif
