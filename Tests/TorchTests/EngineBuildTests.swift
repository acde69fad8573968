import Testing

@testable import DenseKitTorch

struct EngineBuildTests {
    private let mkl = EngineBuild(
        """
        PyTorch built with:
          - GCC 11.2
          - Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 20240605 for Intel(R) 64 architecture applications
          - Intel(R) MKL-DNN v3.5.3 (Git Hash abc)
          - CPU capability usage: AVX512
          - Build settings: BLAS_INFO=mkl, BUILD_TYPE=Release, USE_MKL=ON,
        """)
    private let openBLAS = EngineBuild(
        """
        PyTorch built with:
          - LAPACK is enabled (usually provided by MKL)
          - CPU capability usage: AVX2
          - Build settings: BLAS_INFO=generic, BUILD_TYPE=RelWithDebInfo
        """)

    @Test func theLibraryOfMatrixProductsIsNamed() {
        #expect(mkl.blas == "Intel(R) oneAPI Math Kernel Library Version 2024.2")
        #expect(openBLAS.blas == "generic")
        #expect(EngineBuild("").blas == "unknown")
        #expect((mkl.loops, openBLAS.loops, EngineBuild("").loops) == ("AVX512", "AVX2", nil))
    }

    @Test("The CUDA of a build, and the GPUs that it has code for, are named") func cuda() {
        let build = EngineBuild(
            """
            PyTorch built with:
              - CPU capability usage: AVX512
              - Build settings: BLAS_INFO=mkl, CUDA_FLAGS= -DX -gencode arch=compute_75,code=sm_75 -gencode \
            arch=compute_90,code=sm_90 -Xcudafe --diag_suppress=a,--diag_suppress=b, CUDA_VERSION=13.0, CUDNN_VERSION=9.20.0, \
            TORCH_VERSION=2.13.0, USE_CUDA=1, USE_CUDNN=ON,
            """)
        #expect((build.cuda, build.cuDNN) == ("13.0", "9.20.0"))
        #expect(build.gpuArchitectures == ["sm_75", "sm_90"])
        #expect(build.cudaDescription == "13.0, cuDNN 9.20.0, code for sm_75 sm_90")
        let processorOnly = EngineBuild(
            "  - Build settings: BLAS_INFO=mkl, USE_CUDA=0, USE_CUDNN=OFF,")
        for build in [processorOnly, mkl, openBLAS] {
            #expect(build.cuda == nil && build.gpuArchitectures.isEmpty)
            #expect(build.cudaDescription == "none in this build of libtorch")
        }
    }

    private func warnings(
        _ build: EngineBuild, _ flags: String, _ variable: String, _ value: String
    ) -> [String] {
        build.warnings(on: Forged("GenuineIntel", 6, 85, "Xeon", flags).processor) {
            $0 == variable ? value : nil
        }
    }

    @Test func loopsWithoutVectorsAreReportedWhereAUserAskedForThem() {
        let expected = [
            "ATEN_CPU_CAPABILITY=default keeps libtorch's loops without vector instructions, and this processor has AVX2: "
                + "unset ATEN_CPU_CAPABILITY"
        ]
        #expect(warnings(openBLAS, Forged.avx2, "ATEN_CPU_CAPABILITY", "default") == expected)
        #expect(warnings(openBLAS, Forged.avx2, "ATEN_CPU_CAPABILITY", "avx2").isEmpty)
        #expect(warnings(openBLAS, Forged.avx, "ATEN_CPU_CAPABILITY", "default").isEmpty)
        #expect(openBLAS.warnings(on: Forged.emeraldRapids.processor) { _ in nil }.isEmpty)
    }

    @Test func aLimitOfMKLIsReportedWhereTheEngineComputesOnIt() {
        let expected = [
            "MKL_ENABLE_INSTRUCTIONS=SSE4_2 keeps MKL's products at SSE, and this processor has AVX-512: "
                + "unset MKL_ENABLE_INSTRUCTIONS"
        ]
        #expect(warnings(mkl, Forged.avx512, "MKL_ENABLE_INSTRUCTIONS", "SSE4_2") == expected)
        #expect(warnings(mkl, Forged.avx512, "MKL_ENABLE_INSTRUCTIONS", "AVX512").isEmpty)
        #expect(warnings(mkl, Forged.avx2, "MKL_ENABLE_INSTRUCTIONS", "avx2").isEmpty)
        #expect(warnings(openBLAS, Forged.avx512, "MKL_ENABLE_INSTRUCTIONS", "SSE4_2").isEmpty)
    }
}
