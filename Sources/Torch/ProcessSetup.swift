import CDenseKitTorch
import Glibc

extension Engine {
    /// Prepares this process as the command line does, as far as a running process can be: the kernel of OpenBLAS, all processors for the
    /// engine's threads, and an allocator that keeps the memory of feature maps. Training and predicting call it; calling it again costs
    /// nothing. A thread count that the program set stays.
    ///
    /// - Throws: `TorchError` where the engine refuses the thread count.
    public static func setUp() throws {
        prepare()
        keepMemory
        if !threadsAreSet { try setThreadCount(defaultThreadCount) }
    }

    /// Starts the process once more with what can only be said before it begins; the first statement of a program that wants all of the
    /// command line's speed. Returns where that was done, or is not possible.
    ///
    /// - `OMP_WAIT_POLICY=passive`: threads of the engine that spin while they wait take whole time slices from loader threads where
    ///   cores are few.
    /// - `GLIBC_TUNABLES`: feature maps come and go with every step; memory that went back to the system each time would have to be
    ///   cleared page by page again.
    public static func restartPrepared() {
        guard getenv(startedVariable) == nil else { return }
        setenv(startedVariable, "1", 1)
        setenv("OMP_WAIT_POLICY", "passive", 0)
        setenv("GLIBC_TUNABLES", "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184", 0)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
    }

    private static let startedVariable = "DENSEKIT_STARTED"

    /// What `GLIBC_TUNABLES` says to a process that is not started again; its own setting goes first.
    private static let keepMemory: Void = {
        guard environmentVariable("GLIBC_TUNABLES") == nil else { return }
        ct_keep_memory()
    }()
}
