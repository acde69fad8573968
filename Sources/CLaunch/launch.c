#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// Not in the headers of older C libraries.
#define DK_CLOSE_RANGE_CLOEXEC 4U

/// In the new process; only what is safe after `fork` in a process with several threads.
static void become(
    const char *path, char *const arguments[], char *const environment[], int output, int errors,
    pid_t parent) {
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
    if (getppid() != parent) _exit(128 + SIGKILL);  // it ended in the meantime

    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0) return;
    if (output >= 0 && dup2(output, STDOUT_FILENO) < 0) return;
    if (errors >= 0 && dup2(errors, STDERR_FILENO) < 0) return;
#ifdef SYS_close_range
    // Fails on old kernels: files that were opened without O_CLOEXEC stay open there.
    syscall(SYS_close_range, 3U, ~0U, DK_CLOSE_RANGE_CLOEXEC);
#endif
    execve(path, arguments, environment);
}

int32_t dk_launch(
    const char *path, char *const arguments[], char *const environment[], int32_t output,
    int32_t errors, pid_t *process) {
    // What goes wrong before the program runs comes back through a pipe that closes when it runs.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return errno;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        int code = errno;
        close(report[0]);
        close(report[1]);
        return code;
    }
    if (child == 0) {
        become(path, arguments, environment, output, errors, parent);
        int32_t code = errno;
        ssize_t written = write(report[1], &code, sizeof code);
        _exit(written == sizeof code ? 127 : 126);
    }
    close(report[1]);
    // Here too: the new process may not have come that far when it is signalled.
    setpgid(child, child);
    int32_t code = 0;
    ssize_t count;
    do count = read(report[0], &code, sizeof code);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count != sizeof code) {
        *process = child;
        return 0;
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    return code;
}
