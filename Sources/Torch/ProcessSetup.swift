import CDenseKitTorch
import Glibc

extension Engine {
    /// Prepares this process as the command line does, as far as a running process can be: the
    /// kernel of OpenBLAS, all available processors for the engine's threads, and an allocator that
    /// keeps the memory of feature maps.
    ///
    /// Training and prediction call it; further calls cost nothing. A thread count that the program
    /// has set stays.
    ///
    /// - Throws: `TorchError` where the engine refuses the thread count.
    public static func setUp() throws {
        prepare()
        keepMemory
        if !threadsAreSet { try setThreadCount(defaultThreadCount) }
    }

    /// Starts the process again with environment variables that are only read at its start: call it
    /// as the first statement of a program that needs the full speed of the command line. It
    /// returns where the process was restarted already, or cannot be. Variables that are set stay.
    ///
    /// - `OMP_WAIT_POLICY=passive`: engine threads that spin while they wait would take time from
    ///   data loading threads where there are few cores.
    /// - `GLIBC_TUNABLES`: memory of feature maps stays with the process; given back to the system
    ///   at every step, it would have to be cleared page by page again.
    public static func restartPrepared() {
        guard getenv(startedVariable) == nil else { return }
        setenv(startedVariable, "1", 1)
        setenv("OMP_WAIT_POLICY", "passive", 0)
        setenv(
            "GLIBC_TUNABLES", "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184", 0)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
    }

    private static let startedVariable = "DENSEKIT_STARTED"

    /// The value of `GLIBC_TUNABLES` for a process that is not started again; its own setting goes
    /// first.
    private static let keepMemory: Void = {
        guard environmentVariable("GLIBC_TUNABLES") == nil else { return }
        ct_keep_memory()
    }()
}
