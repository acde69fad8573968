// Starts a program as `fork` and `execve` do, which Swift cannot call: between the two the process
// asks the kernel to end it with its parent, for which `posix_spawn` has no attribute.
#ifndef DENSEKIT_LAUNCH_H
#define DENSEKIT_LAUNCH_H

#include <stdint.h>
#include <sys/types.h>

/// Starts `path` with arguments and environment (both end with NULL) in a process group of its own.
/// The kernel kills the process when the thread that called this function ends.
///
/// Standard input is /dev/null. `output` and `errors` become standard output and standard error; -1
/// leaves those of this process. No other file of this process stays open in the new one, and no
/// signal is ignored or blocked there.
///
/// Returns 0 and the process in `process`, else the number of the system's error.
int32_t dk_launch(
    const char *path, char *const arguments[], char *const environment[], int32_t output,
    int32_t errors, pid_t *process);

#endif
