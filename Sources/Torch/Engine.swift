import CTorch
import Glibc

#if canImport(COpenBLAS)
    import COpenBLAS
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
        try check("set_num_threads") { ct_set_num_threads(Int32(clamping: count)) }
        #if canImport(COpenBLAS)
            openblas_set_num_threads(Int32(clamping: count))
        #endif
    }

    /// `OMP_NUM_THREADS` where it is set, else the processors that this process may use.
    public static var defaultThreadCount: Int {
        if let text = getenv("OMP_NUM_THREADS").map({ String(cString: $0) }), let count = Int(text), count > 0 { return count }
        return max(1, Int(ct_available_processors()))
    }

    /// The matrix kernel that OpenBLAS chose for this processor (`SkylakeX`, `Zen`, …), where the engine computes on OpenBLAS.
    public static var blasKernel: String? {
        #if canImport(COpenBLAS)
            String(cString: openblas_get_corename())
        #else
            nil
        #endif
    }
}
