import DenseKitCore
import Foundation
import Testing

/// What `densekit doctor` says where the variables have these values. The test's own process may
/// have others.
private func doctor(_ variables: [String: String]) throws -> ProcessResult {
    let result = try withTemporaryFolder {
        try runDensekit(["doctor"], in: $0, environment: variables)
    }
    #expect(result.status == 0, "\(result.errors)")
    return result
}

/// Every x86-64 processor with OpenBLAS's kernels for AVX or more.
private let hasVectors =
    Engine.blas != nil
    && FileManager.default.contents(atPath: "/proc/cpuinfo")
        .map { String(decoding: $0, as: UTF8.self).contains(" avx ") } ?? false

/// The kernels of OpenBLAS that a processor of this machine's flags runs, by the flag that the
/// newest instructions of each need.
private let kernels: [String] = {
    let text =
        FileManager.default.contents(atPath: "/proc/cpuinfo").map {
            String(decoding: $0, as: UTF8.self)
        } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    let flags = Set(line.split(separator: " ").map(String.init))
    let needs = [
        ("Prescott", "pni"), ("Nehalem", "sse4_2"), ("Sandybridge", "avx"), ("Haswell", "avx2"),
        ("Zen", "avx2"),
        ("SkylakeX", "avx512vl"), ("Cooperlake", "avx512_bf16"),
    ]
    return Engine.blas == nil ? [] : needs.filter { flags.contains($0.1) }.map(\.0)
}()

@Suite struct MachineTests {
    @Test("doctor says which kernel runs and who chose it", .enabled(if: hasVectors))
    func kernelIsShown() throws {
        let own = try doctor(["OPENBLAS_CORETYPE": ""]).output
        #expect(
            own.contains(
                /BLAS kernel +\w+ \(AVX\S*; chosen by (OpenBLAS|DenseKit in place of \w+)\)/),
            "\(own)")
        #expect(!own.contains("! OPENBLAS_CORETYPE"))
        #expect(own.contains(/oneDNN +\S+, .*AVX-512 bf16.*AMX/))
        #expect(own.contains(/CPU +.*family [0-9]+, model [0-9]+/))
    }

    @Test(
        "doctor reports a kernel far below the processor, and one that there is not",
        .enabled(if: hasVectors))
    func slowKernelIsReported() throws {
        let slow = try doctor(["OPENBLAS_CORETYPE": "Prescott", "ONEDNN_MAX_CPU_ISA": "SSE41"])
            .output
        #expect(
            slow.contains(/BLAS kernel +Prescott \(SSE; chosen by OPENBLAS_CORETYPE\)/), "\(slow)")
        #expect(
            slow.contains(
                "! OPENBLAS_CORETYPE=Prescott makes OpenBLAS compute with SSE, and this processor has AVX"
            ))
        #expect(
            slow.contains(
                "! ONEDNN_MAX_CPU_ISA=SSE41 keeps oneDNN at SSE, and this processor has AVX"))
        let unknown = try doctor(["OPENBLAS_CORETYPE": "Nonsense"]).output
        #expect(
            unknown.contains("! OPENBLAS_CORETYPE=Nonsense is no kernel of this OpenBLAS (it has "),
            "\(unknown)")
        #expect(unknown.contains(/BLAS kernel +\w+ \(AVX/))
    }

    @Test(
        "The head of a training's log says which kernel runs, and warns of a slow one",
        .enabled(if: hasVectors))
    func logNamesTheKernel() throws {
        try withRun { folder in
            let train = ["train", "run.yaml", "--set", "train.iterations=1"]
            let log = try runDensekit(
                train, in: folder, environment: ["OPENBLAS_CORETYPE": "Prescott"]
            ).errors
            #expect(
                log.contains("BLAS kernel: Prescott (SSE; chosen by OPENBLAS_CORETYPE); oneDNN: "),
                "\(log)")
            #expect(
                log.contains("OPENBLAS_CORETYPE=Prescott makes OpenBLAS compute with SSE"), "\(log)"
            )
        }
    }

    /// A case with attention, matrix products and layer norms; all of a model's where the long
    /// walks are asked for.
    @Test("Every kernel that this processor runs gives the golden answers", arguments: kernels)
    func kernelsGiveTheGoldens(_ kernel: String) throws {
        let isLong = ProcessInfo.processInfo.environment["DENSEKIT_WALK"] == "all"
        let names =
            isLong
            ? ["denseclip_r50_fpn_eval", "denseclip_r50_fpn_train", "mask_rcnn_r50_fpn_eval"]
            : ["context_decoder_eval"]
        for name in names {
            let path = packageFolder.appending(path: "Tests/Goldens/\(name).json").path
            let result = try runDensekit(
                ["verify", path], in: packageFolder, environment: ["OPENBLAS_CORETYPE": kernel])
            #expect(result.status == 0, "\(kernel), \(name): \(result.output)\(result.errors)")
        }
    }
}

@Test(
    "A device that is not there is refused in one sentence, and doctor says what there is of CUDA")
func absentDevice() throws {
    let result = try withTemporaryFolder {
        try runDensekit(["bench", "infer", "run.yaml", "--device", "cuda:127"], in: $0)
    }
    let (problem, remedy) = try #require(Engine.cuda.problem(with: .cuda(127)))
    #expect(result.status == 64)
    #expect(
        result.errors.hasPrefix("Error: --device cuda:127: \(problem); \(remedy)\n"),
        "\(result.errors)")
    let shown = try doctor([:]).output
    #expect(shown.contains("\(Engine.build.cudaDescription)\n"), "\(shown)")
    #expect(shown.contains(/CUDA devices +[0-9]+\n/), "\(shown)")
}
