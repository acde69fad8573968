import CDenseKitTorch
import Glibc
import Synchronization

#if canImport(CDenseKitOpenBLAS)
    import CDenseKitOpenBLAS
#endif

/// The library that computes, as a whole.
public enum Engine {
    /// libtorch's version, such as `1.13.0`.
    public static var version: String { String(cString: ct_version()) }

    /// What libtorch says of its own build: compiler, BLAS, CPU capability. Several lines.
    public static var buildDescription: String {
        var text: UnsafePointer<CChar>?
        guard ct_build_description(&text) == 0, let text else { return "" }
        return String(cString: text)
    }

    public static var cudaDeviceCount: Int { Int(ct_cuda_device_count()) }

    /// The threads that operations use. Starts at one in some builds: set it.
    public static var threadCount: Int { Int(ct_num_threads()) }

    /// Sets the threads of the engine and of its BLAS.
    public static func setThreadCount(_ count: Int) throws {
        prepare()
        threadCountWasSet.store(true, ordering: .relaxed)
        try check("set_num_threads") { ct_set_num_threads(Int32(clamping: count)) }
        #if canImport(CDenseKitOpenBLAS)
            openblas_set_num_threads(Int32(clamping: count))
        #endif
    }

    /// Whether `setThreadCount` was called.
    static var threadsAreSet: Bool { threadCountWasSet.load(ordering: .relaxed) }
    private static let threadCountWasSet = Atomic(false)

    /// `OMP_NUM_THREADS` where it is set, else the processors that this process may use.
    public static var defaultThreadCount: Int {
        if let count = environmentVariable("OMP_NUM_THREADS").flatMap({ Int($0) }), count > 0 { return count }
        return max(1, Int(ct_available_processors()))
    }

    /// The kernel that OpenBLAS computes matrix products with and why; nil where the engine computes on another BLAS.
    ///
    /// OpenBLAS chooses by the processor's number when it is loaded, and takes its slowest kernel for one that is newer than itself. So the
    /// choice is looked at once and changed where the processor can do better, unless `OPENBLAS_CORETYPE` says which to take: before
    /// the first tensor of a process is made. A program whose other threads call OpenBLAS, or read the environment, calls `prepare()`
    /// before it starts those.
    public static let blas: BLASChoice? = {
        #if canImport(CDenseKitOpenBLAS)
            return OpenBLAS.choose(for: .current, asked: environmentVariable("OPENBLAS_CORETYPE"))
        #else
            return nil
        #endif
    }()

    /// The name of the kernel that OpenBLAS computes with (`SkylakeX`, `Zen`, …), where the engine computes on OpenBLAS.
    public static var blasKernel: String? { blas?.kernel }

    /// The instructions that oneDNN uses for convolutions and products in bfloat16.
    public static var oneDNN: OneDNNInstructions { .current }

    /// How libtorch was built, as far as speed depends on it.
    public static let build = EngineBuild(buildDescription)

    /// What makes the engine slower than this processor allows: a sentence each, with what to do.
    public static var warnings: [String] {
        (blas?.warnings ?? []) + oneDNN.warnings + build.warnings(on: .current, variable: environmentVariable)
    }

    /// Sees to the kernel of OpenBLAS (`blas`) before anything is computed. The first tensor of a process does the same; after the first
    /// time it costs nothing.
    @inline(__always)
    public static func prepare() { prepared }

    /// Nothing, once `blas` is known.
    @usableFromInline static let prepared: Void = { _ = blas }()
}

/// A variable of the process's environment; nil where it is not set, or empty.
func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}
