import DenseKitComponents
import DenseKitConfiguration
import Foundation

/// Facts about this machine and this build, and what slows them down.
public enum RunEnvironment {
    /// All facts in one line, for the head of a log.
    public static var summary: String { facts.map { "\($0.0): \($0.1)" }.joined(separator: "; ") }

    /// Names and values, in the order in which they are shown: versions, libraries, threads,
    /// devices, CPU.
    public static var facts: [(String, String)] {
        let environment = ProcessInfo.processInfo.environment
        let prefixes = ["OPENBLAS_", "OMP_", "MKL_", "ONEDNN_", "DNNL_", "ATEN_"]
        let set = environment.filter { variable in prefixes.contains { variable.key.hasPrefix($0) }
        }
        return [
            ("densekit", DenseKitVersion.current),
            ("libtorch", Engine.version),
            (
                "BLAS kernel",
                Engine.blas?.description ?? "chosen by the engine's own BLAS (\(Engine.build.blas))"
            ),
            ("oneDNN", Engine.oneDNN.description),
            ("libtorch's loops", Engine.build.loops ?? "unknown"),
            (
                "threads",
                "\(Engine.threadCount) of \(ProcessInfo.processInfo.activeProcessorCount) processors"
            ),
            ("CUDA", Engine.build.cudaDescription),
            ("NCCL", Engine.cuda.hasNCCL ? "compiled in" : "not compiled in"),
            ("CUDA devices", "\(Engine.cudaDeviceCount)"),
            (
                "variables",
                set.isEmpty
                    ? "none"
                    : set.keys.sorted().map { "\($0)=\(set[$0] ?? "")" }.joined(separator: " ")
            ),
            ("CPU", Processor.current.description),
            ("bfloat16", Engine.oneDNN.hasBFloat16 ? "in hardware" : "emulated"),
            ("system", ProcessInfo.processInfo.operatingSystemVersionString),
            (
                "swiftc",
                (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/swiftc" }.first {
                    access($0, X_OK) == 0
                }
                    ?? "not in PATH"
            ),
            ("vocabulary", vocabulary),
        ]
    }

    /// What to do about missing or slow parts of the environment, a sentence each.
    public static var advice: [String] {
        var advice = Engine.warnings
        if Engine.build.cuda != nil,
            let (problem, remedy) = Engine.cuda.problem(with: .cuda(0))
        {
            advice.append("no CUDA device can be used: \(problem); \(remedy)")
        }
        if Engine.threadCount < ProcessInfo.processInfo.activeProcessorCount {
            advice.append(
                "the engine uses \(Engine.threadCount) of \(ProcessInfo.processInfo.activeProcessorCount) processors: unset OMP_NUM_THREADS, or set the thread count"
            )
        }
        if facts.contains(where: { $0 == ("swiftc", "not in PATH") }) {
            advice.append(
                "plugins in Swift files need swiftc in PATH: https://www.swift.org/install")
        }
        if vocabulary.hasPrefix("not found") {
            advice.append(
                "models with CLIP's tokenizer need its vocabulary: pip download --no-deps open_clip_torch, take \(vocabularyFile) out of the wheel "
                    + "and put it into ~/.cache/densekit/")
        }
        return advice
    }

    private static let vocabularyFile = "bpe_simple_vocab_16e6.txt.gz"

    private static var vocabulary: String {
        let folders = [FilePaths.environment["DENSEKIT_ASSETS"], CacheFolder.root()].compactMap {
            $0
        }
        let places = folders.map { "\($0)/\(vocabularyFile)" }
        return places.first { FileManager.default.fileExists(atPath: $0) }
            ?? "not found (only CLIP's tokenizer needs it)"
    }
}
