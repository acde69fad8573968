import CDenseKitTorch
import Glibc
import Synchronization

#if canImport(CDenseKitOpenBLAS)
    import CDenseKitOpenBLAS
#endif

/// libtorch and its BLAS as a whole: version, threads and processor instructions.
public enum Engine {
    /// libtorch's version, such as `1.13.0`.
    public static var version: String { String(cString: ct_version()) }

    /// libtorch's own description of its build: compiler, BLAS, CPU capability. Several lines.
    public static var buildDescription: String {
        var text: UnsafePointer<CChar>?
        guard ct_build_description(&text) == 0, let text else { return "" }
        return String(cString: text)
    }

    /// What libtorch and this machine have of CUDA.
    public static var cuda: CUDASupport { .current }

    /// Number of GPUs that libtorch can use; 0 in a build without CUDA.
    public static var cudaDeviceCount: Int { cuda.deviceCount }

    /// Number of threads that operations use. Some builds start with one: call `setThreadCount`.
    public static var threadCount: Int { Int(ct_num_threads()) }

    /// Sets the number of threads of libtorch and of its BLAS.
    ///
    /// - Throws: `TorchError` where libtorch refuses the number.
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

    /// `OMP_NUM_THREADS` where it is set to a number above 0, else the number of processors that
    /// this process may use.
    public static var defaultThreadCount: Int {
        if let count = environmentVariable("OMP_NUM_THREADS").flatMap({ Int($0) }), count > 0 {
            return count
        }
        return availableProcessors
    }

    /// The number of processors that this process may use (its affinity).
    public static var availableProcessors: Int { max(1, Int(ct_available_processors())) }

    /// The kernel that OpenBLAS computes matrix products with, and why; nil where libtorch uses
    /// another BLAS.
    ///
    /// OpenBLAS chooses by the processor's model number when it is loaded, and takes its slowest
    /// kernel for a processor newer than itself. So the choice is checked once, before the first
    /// tensor of a process is made, and changed where the processor supports a faster kernel,
    /// unless `OPENBLAS_CORETYPE` names one. A program whose other threads call OpenBLAS, or read
    /// the environment, calls `prepare()` before it starts them.
    public static let blas: BLASChoice? = {
        #if canImport(CDenseKitOpenBLAS)
            return OpenBLAS.choose(for: .current, asked: environmentVariable("OPENBLAS_CORETYPE"))
        #else
            return nil
        #endif
    }()

    /// Name of the kernel that OpenBLAS computes with (`SkylakeX`, `Zen`, …); nil where libtorch
    /// uses another BLAS.
    public static var blasKernel: String? { blas?.kernel }

    /// The instructions that oneDNN uses for convolutions, and for matrix products in bfloat16.
    public static var oneDNN: OneDNNInstructions { .current }

    /// The parts of libtorch's build description that speed depends on.
    public static let build = EngineBuild(buildDescription)

    /// What makes the engine slower than this processor allows: one sentence each, with what to do.
    /// Empty where there is no problem.
    public static var warnings: [String] {
        (blas?.warnings ?? []) + oneDNN.warnings
            + build.warnings(on: .current, variable: environmentVariable)
    }

    /// Checks and changes the kernel of OpenBLAS (`blas`) before anything is computed. Making the
    /// first tensor of a process calls it; further calls cost nothing.
    @inline(__always)
    public static func prepare() { prepared }

    /// Nothing, once `blas` is known.
    @usableFromInline static let prepared: Void = { _ = blas }()
}

/// A variable of the process's environment; nil where it is not set, or empty.
func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}
