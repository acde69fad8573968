import Testing

@testable import DenseKitTorch

struct OneDNNTests {
    private func instructions(
        _ flags: String, effective: UInt32? = nil, version: Int = 2,
        asked: (variable: String, value: String)? = nil
    ) -> OneDNNInstructions {
        OneDNNInstructions(
            Forged("GenuineIntel", 6, 207, "Xeon", flags).processor, effective: effective,
            version: version, asked: asked)
    }

    @Test func whatTheProcessorHasIsSaidWhereTheLibraryCannotBeAsked() {
        #expect(instructions(Forged.amx).description == "AVX-512, AVX-512 bf16 in use, AMX in use")
        #expect(
            instructions(Forged.bfloat16).description
                == "AVX-512, AVX-512 bf16 in use, no AMX in this processor")
        #expect(
            instructions(Forged.avx512).description
                == "AVX-512, no AVX-512 bf16 in this processor, no AMX in this processor")
        #expect(instructions(Forged.avx2).description.hasPrefix("AVX2, no"))
        #expect(instructions(Forged.avx).description.hasPrefix("AVX, no"))
        #expect(instructions("").description.hasPrefix("SSE, no"))
    }

    @Test func theBitsOfBothMajorVersionsAreRead() {
        #expect(
            instructions(Forged.amx, effective: 0x3e7, version: 2).description.hasSuffix(
                "AMX in use"))
        #expect(
            instructions(Forged.amx, effective: 0xfef, version: 3).description.hasSuffix(
                "AMX in use"))
        // Half precision in version 3 shares a bit with version 2's AMX.
        let half = instructions(Forged.amx, effective: 0x1ef, version: 3)
        #expect(
            half.description
                == "AVX-512, AVX-512 bf16 in use, AMX not used though the processor has it")
        #expect(half.warnings.isEmpty)
        #expect(
            instructions(Forged.avx2, effective: 0x407, version: 2).description.hasPrefix("AVX2, "))
        #expect(
            instructions(Forged.avx2, effective: 0xf, version: 3).description.hasPrefix("AVX2, "))
        #expect(
            instructions(Forged.avx512, effective: 0x67).description.hasPrefix(
                "AVX-512, no AVX-512 bf16"))
    }

    @Test func bfloat16IsInHardwareWhereItsInstructionsAreUsed() {
        #expect(instructions(Forged.bfloat16).hasBFloat16)
        #expect(!instructions(Forged.avx512).hasBFloat16)
        #expect(!instructions(Forged.bfloat16, effective: 0x27).hasBFloat16)
    }

    @Test(arguments: [
        ("AVX2", UInt32(7), "AVX2, and this processor has AVX-512, AVX-512 bf16, AMX"),
        ("AVX512_CORE", 0x27, "AVX-512, and this processor has AVX-512 bf16, AMX"),
        ("AVX512_CORE_BF16", 0xe7, "AVX-512, and this processor has AMX"),
        ("sse41", 1, "SSE, and this processor has AVX-512, AVX-512 bf16, AMX"),
    ])
    func aLimitBelowTheProcessorIsReported(_ value: String, _ effective: UInt32, _ said: String) {
        let expected = [
            "ONEDNN_MAX_CPU_ISA=\(value) keeps oneDNN at \(said): unset ONEDNN_MAX_CPU_ISA"
        ]
        let asked = (variable: "ONEDNN_MAX_CPU_ISA", value: value)
        #expect(instructions(Forged.amx, effective: effective, asked: asked).warnings == expected)
        #expect(instructions(Forged.amx, asked: asked).warnings == expected)
    }

    @Test func aLimitAboveTheProcessorIsNone() {
        #expect(
            instructions(Forged.avx2, effective: 7, asked: ("DNNL_MAX_CPU_ISA", "AVX2")).warnings
                .isEmpty)
        #expect(instructions(Forged.amx, asked: ("DNNL_MAX_CPU_ISA", "ALL")).warnings.isEmpty)
        #expect(instructions(Forged.avx, asked: ("DNNL_MAX_CPU_ISA", "nonsense")).warnings.isEmpty)
    }

    @Test func thisProcessSaysWhatItUses() {
        #expect(Engine.oneDNN.description.contains("AMX"))
    }
}
