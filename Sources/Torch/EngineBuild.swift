/// The parts of libtorch's build description that speed depends on.
public struct EngineBuild: Sendable {
    /// Vector instructions of libtorch's own loops, by its names: `AVX2`, `AVX512`, `NO AVX`; nil
    /// where the description does not name them.
    public let loops: String?
    /// Library of matrix products that the build was made for, such as
    /// `Intel(R) oneAPI Math Kernel Library Version 2024.2`; `unknown` where the description does
    /// not name it.
    public let blas: String
    /// Version of CUDA that the build was made for, such as `13.0`; nil for a build without CUDA.
    public let cuda: String?
    /// Version of cuDNN that the build was made for, such as `9.20.0`; nil for a build without it.
    public let cuDNN: String?
    /// The GPUs that the build has code for, by their compute capability: `sm_75`, `sm_90`; empty
    /// for a build without CUDA.
    public let gpuArchitectures: [String]

    /// - Parameter text: `Engine.buildDescription`
    init(_ text: String) {
        let lines = text.split(separator: "\n").map { $0.drop { " -".contains($0) } }
        func value(_ key: String) -> String? {
            lines.first { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
        }
        loops = value("CPU capability usage: ")
        let kernels = lines.first { $0.contains("Math Kernel Library") }
        blas =
            kernels.map { String($0.prefix { $0 != "-" }) }
            ?? value("Build settings: BLAS_INFO=").map { String($0.prefix { $0 != "," }) }
            ?? "unknown"
        let settings = (value("Build settings: ") ?? "").split(separator: ", ")
        func setting(_ key: String) -> String? {
            settings.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
        }
        let hasCUDA = ["1", "ON"].contains(setting("USE_CUDA"))
        cuda = hasCUDA ? setting("CUDA_VERSION") ?? "unknown" : nil
        cuDNN = hasCUDA ? setting("CUDNN_VERSION") : nil
        let flags = hasCUDA ? setting("CUDA_FLAGS") ?? "" : ""
        gpuArchitectures = flags.split { " ,".contains($0) }.filter { $0.hasPrefix("code=sm_") }
            .map { String($0.dropFirst("code=".count)) }
    }

    /// The build's CUDA in a few words: `13.0, cuDNN 9.20.0, code for sm_75 sm_90`, or that there
    /// is none.
    public var cudaDescription: String {
        guard let cuda else { return "none in this build of libtorch" }
        let code =
            gpuArchitectures.isEmpty
            ? nil : "code for \(gpuArchitectures.joined(separator: " "))"
        return [cuda, cuDNN.map { "cuDNN \($0)" }, code].compactMap { $0 }.joined(separator: ", ")
    }

    var usesMKL: Bool { blas.contains("Math Kernel Library") }

    /// The variables that limit libtorch's loops or MKL to less than the processor has.
    ///
    /// - Parameter variable: the value of a variable of the environment
    func warnings(on processor: Processor, variable: (String) -> String?) -> [String] {
        var warnings: [String] = []
        if let asked = variable("ATEN_CPU_CAPABILITY"), processor.has(["avx2", "fma"]),
            !["avx2", "avx2+fma3", "avx512"].contains(asked.lowercased())
        {
            warnings.append(
                "ATEN_CPU_CAPABILITY=\(asked) keeps libtorch's loops without vector instructions, and this processor has AVX2: "
                    + "unset ATEN_CPU_CAPABILITY")
        }
        let low = ["SSE4_2": Processor.Level.sse, "AVX": .avx, "AVX2": .avx2, "AVX2_E1": .avx2]
        if usesMKL, let asked = variable("MKL_ENABLE_INSTRUCTIONS"),
            let level = low[asked.uppercased()],
            let best = processor.level, level < best
        {
            warnings.append(
                "MKL_ENABLE_INSTRUCTIONS=\(asked) keeps MKL's products at \(level), and this processor has \(best): "
                    + "unset MKL_ENABLE_INSTRUCTIONS")
        }
        return warnings
    }
}
