import Testing

@testable import DenseKitTorch

/// The kernels of OpenBLAS 0.3.21, as Debian 12 builds it.
private let debian = BLASKernel.all.map(\.name).filter { $0 != "SapphireRapids" }

struct BLASKernelTests {
    /// Processor, OpenBLAS's own choice in version 0.3.21, the kernel that should run.
    static let processors: [(Forged, String, String)] = [
        (Forged("GenuineIntel", 6, 26, "Nehalem", Forged.sse42), "Nehalem", "Nehalem"),
        (Forged("GenuineIntel", 6, 44, "Westmere", Forged.sse42), "Nehalem", "Nehalem"),
        (Forged("GenuineIntel", 6, 62, "Ivy Bridge", Forged.avx), "Sandybridge", "Sandybridge"),
        (Forged("GenuineIntel", 6, 63, "Haswell", Forged.avx2), "Haswell", "Haswell"),
        (Forged("GenuineIntel", 6, 85, "Skylake-X", Forged.avx512), "SkylakeX", "SkylakeX"),
        (Forged("GenuineIntel", 6, 85, "Cooper Lake", Forged.bfloat16), "Cooperlake", "Cooperlake"),
        (
            Forged("GenuineIntel", 6, 106, "Ice Lake", Forged.avx512 + " avx512_vnni"), "SkylakeX",
            "SkylakeX"
        ),
        (Forged("GenuineIntel", 6, 143, "Sapphire Rapids", Forged.amx), "Cooperlake", "Cooperlake"),
        (Forged.emeraldRapids, "Prescott", "Cooperlake"),
        (Forged("GenuineIntel", 6, 173, "Granite Rapids", Forged.amx), "Prescott", "Cooperlake"),
        (Forged("GenuineIntel", 6, 174, "Granite Rapids-D", Forged.amx), "Prescott", "Cooperlake"),
        (Forged("GenuineIntel", 19, 1, "a later family", Forged.amx), "Prescott", "Cooperlake"),
        (Forged("GenuineIntel", 6, 175, "Sierra Forest", Forged.avx2), "Prescott", "Haswell"),
        (Forged("GenuineIntel", 6, 151, "Alder Lake", Forged.avx2), "Haswell", "Haswell"),
        (Forged("GenuineIntel", 6, 170, "Meteor Lake", Forged.avx2), "Prescott", "Haswell"),
        (
            Forged("GenuineIntel", 6, 87, "Knights Landing", Forged.avx2 + " avx512f avx512cd"),
            "Haswell", "Haswell"
        ),
        (
            Forged("AuthenticAMD", 21, 2, "Piledriver", Forged.avx + Forged.amd + " fma fma4"),
            "Piledriver", "Piledriver"
        ),
        (
            Forged("AuthenticAMD", 21, 48, "Steamroller", Forged.avx + Forged.amd + " fma fma4"),
            "Prescott", "Steamroller"
        ),
        (
            Forged("AuthenticAMD", 21, 1, "Bulldozer", Forged.avx + Forged.amd + " fma4"),
            "Prescott", "Bulldozer"
        ),
        (
            Forged("AuthenticAMD", 21, 101, "Excavator", Forged.avx2 + Forged.amd + " fma4"),
            "Prescott", "Excavator"
        ),
        (Forged("AuthenticAMD", 23, 1, "Zen", Forged.avx2 + Forged.amd), "Zen", "Zen"),
        (Forged("AuthenticAMD", 23, 49, "Zen 2", Forged.avx2 + Forged.amd), "Zen", "Zen"),
        (Forged("HygonGenuine", 24, 0, "Hygon", Forged.avx2 + Forged.amd), "Prescott", "Zen"),
        (Forged.zen3, "Zen", "Zen"),
        (
            Forged("AuthenticAMD", 25, 17, "Zen 4", Forged.bfloat16 + Forged.amd), "Zen",
            "Cooperlake"
        ),
        (
            Forged("AuthenticAMD", 26, 2, "Zen 5", Forged.bfloat16 + Forged.amd), "Cooperlake",
            "Cooperlake"
        ),
        (
            Forged("AuthenticAMD", 26, 2, "Zen 5, early library", Forged.bfloat16 + Forged.amd),
            "Barcelona", "Cooperlake"
        ),
        (Forged("GenuineIntel", 15, 4, "Pentium 4", Forged.sse3), "Prescott", "Prescott"),
        (
            Forged("AuthenticAMD", 16, 2, "Barcelona", Forged.sse3 + Forged.amd), "Barcelona",
            "Barcelona"
        ),
        (Forged("CentaurHauls", 7, 59, "Zhaoxin", Forged.avx2), "Prescott", "Haswell"),
        // The number of a processor with AVX-512, and a hypervisor that hides it.
        (Forged("GenuineIntel", 6, 207, "hidden AVX-512", Forged.avx2), "Prescott", "Haswell"),
        (Forged("GenuineIntel", 6, 207, "hidden bfloat16", Forged.avx512), "Prescott", "SkylakeX"),
        (Forged("GenuineIntel", 6, 143, "hidden AVX", Forged.sse42), "Nehalem", "Nehalem"),
        (
            Forged("GenuineIntel", 6, 143, "AVX2 without FMA", Forged.avx + " avx2"), "Prescott",
            "Sandybridge"
        ),
        (
            Forged("GenuineIntel", 6, 6, "QEMU Virtual CPU", Forged.sse3 + " hypervisor"),
            "Prescott", "Prescott"
        ),
        (Forged("GenuineIntel", 6, 207, "no flags", ""), "Prescott", "Prescott"),
    ]

    @Test(arguments: processors)
    func theBestKernelThatTheProcessorRuns(_ forged: Forged, _ own: String, _ expected: String) {
        let choice = BLASChoice(forged.processor, known: debian, running: own, asked: nil)
        #expect(choice.kernel == expected)
        #expect(choice.reason == (own == expected ? .openBLAS : .densekit(insteadOf: own)))
        #expect(choice.warnings.isEmpty)
    }

    @Test(arguments: processors)
    func noKernelNeedsWhatTheProcessorLacks(_ forged: Forged, _ own: String, _ expected: String)
        throws
    {
        guard let best = forged.processor.bestKernel(among: BLASKernel.all.map(\.name)) else {
            return
        }
        #expect(best.needs.isSubset(of: forged.processor.flags))
    }

    @Test func aLibraryWithoutTheNewestKernelsGivesTheNextBest() {
        let processor = Forged.emeraldRapids.processor
        func best(without names: Set<String>) -> String? {
            processor.bestKernel(among: debian.filter { !names.contains($0) })?.name
        }
        #expect(best(without: ["Cooperlake"]) == "SkylakeX")
        #expect(best(without: ["Cooperlake", "SkylakeX"]) == "Haswell")
        #expect(best(without: Set(debian)) == nil)
        #expect(
            Forged.zen3.processor.bestKernel(among: debian.filter { $0 != "Zen" })?.name
                == "Haswell")
    }

    @Test func aKernelOfTheSameInstructionsStands() {
        let newer = BLASChoice(
            Forged.emeraldRapids.processor, known: debian + ["SapphireRapids"],
            running: "SapphireRapids", asked: nil)
        #expect(newer.kernel == "SapphireRapids")
        #expect(newer.reason == .openBLAS)
        let unknown = BLASChoice(
            Forged.emeraldRapids.processor, known: debian, running: "GraniteRapids", asked: nil)
        #expect(unknown.description == "GraniteRapids (chosen by OpenBLAS)")
        let arm = BLASChoice(
            Processor(cpuinfo: "Features\t: asimd\n"), known: [], running: "NEOVERSEN1", asked: nil)
        #expect(arm.description == "NEOVERSEN1 (chosen by OpenBLAS)")
    }

    @Test func aKernelThatTheProcessorCannotRunIsReplaced() {
        let choice = BLASChoice(
            Forged.zen3.processor, known: debian, running: "SkylakeX", asked: nil)
        #expect(choice.description == "Zen (AVX2; chosen by DenseKit in place of SkylakeX)")
    }

    /// Processor, the kernel that runs, `OPENBLAS_CORETYPE`, what is shown, what is warned of.
    static let askedFor: [(Forged, String, String, String, String?)] = [
        (
            Forged.emeraldRapids, "SkylakeX", "SkylakeX",
            "SkylakeX (AVX-512; chosen by OPENBLAS_CORETYPE)", nil
        ),
        (
            Forged.emeraldRapids, "SkylakeX", "skylakex",
            "SkylakeX (AVX-512; chosen by OPENBLAS_CORETYPE)", nil
        ),
        (Forged.zen3, "Haswell", "Haswell", "Haswell (AVX2; chosen by OPENBLAS_CORETYPE)", nil),
        (
            Forged.emeraldRapids, "Prescott", "Prescott",
            "Prescott (SSE; chosen by OPENBLAS_CORETYPE)",
            "OPENBLAS_CORETYPE=Prescott makes OpenBLAS compute with SSE, and this processor has AVX-512: unset OPENBLAS_CORETYPE, or set "
                + "it to Cooperlake"
        ),
        (
            Forged.emeraldRapids, "Haswell", "Haswell",
            "Haswell (AVX2; chosen by OPENBLAS_CORETYPE)",
            "OPENBLAS_CORETYPE=Haswell makes OpenBLAS compute with AVX2, and this processor has AVX-512: unset OPENBLAS_CORETYPE, or set "
                + "it to Cooperlake"
        ),
        (
            Forged.zen3, "SkylakeX", "SkylakeX",
            "Zen (AVX2; chosen by DenseKit in place of SkylakeX)",
            "OPENBLAS_CORETYPE=SkylakeX needs what this processor does not have (avx512bw, avx512cd, avx512dq, avx512f, avx512vl): "
                + "unset OPENBLAS_CORETYPE; OpenBLAS computes with Zen"
        ),
        (  // OpenBLAS itself fell back
            Forged.zen3, "Haswell", "SkylakeX", "Haswell (AVX2; chosen by OpenBLAS)",
            "OPENBLAS_CORETYPE=SkylakeX needs what this processor does not have (avx512bw, avx512cd, avx512dq, avx512f, avx512vl): "
                + "unset OPENBLAS_CORETYPE; OpenBLAS computes with Haswell"
        ),
        (
            Forged.emeraldRapids, "Prescott", "SkyLake",
            "Cooperlake (AVX-512; chosen by DenseKit in place of Prescott)",
            "OPENBLAS_CORETYPE=SkyLake is no kernel of this OpenBLAS (it has \(debian.joined(separator: ", "))): unset "
                + "OPENBLAS_CORETYPE, or correct it; OpenBLAS computes with Cooperlake"
        ),
    ]

    @Test(arguments: askedFor)
    func aUsersChoiceStandsAndIsReportedWhereItIsSlowOrImpossible(
        _ row: (forged: Forged, running: String, asked: String, shown: String, warning: String?)
    ) {
        let choice = BLASChoice(
            row.forged.processor, known: debian, running: row.running, asked: row.asked)
        #expect(choice.description == row.shown)
        #expect(choice.warnings == (row.warning.map { [$0] } ?? []))
    }

    @Test func aLibraryThatCannotChangeIsReported() {
        let choice = BLASChoice(
            Forged.emeraldRapids.processor, known: nil, running: "Prescott", asked: nil)
        #expect(choice.description == "Prescott (SSE; chosen by OpenBLAS)")
        #expect(
            choice.warnings == [
                "OpenBLAS computes with its kernel Prescott (SSE), this processor has AVX-512, and this build of OpenBLAS cannot change: "
                    + "start with OPENBLAS_CORETYPE=Cooperlake, or install one built with DYNAMIC_ARCH (Debian: libopenblas0-pthread)"
            ])
        let asked = BLASChoice(
            Forged.zen3.processor, known: nil, running: "SkylakeX", asked: "SkylakeX")
        #expect(asked.reason == .user)
        #expect(asked.warnings.count == 1)
    }
}

#if canImport(CDenseKitOpenBLAS)
    /// On the machine at hand.
    @Suite struct OpenBLASTests {
        @Test func aLibraryThatChoseItsSlowestKernelIsChanged() throws {
            let before = try #require(Engine.blas?.kernel)
            defer { _ = OpenBLAS.change(to: before) }
            #expect(OpenBLAS.change(to: "Prescott"))
            let choice = OpenBLAS.choose(for: .current, asked: nil)
            #expect(OpenBLAS.kernel == choice.kernel)
            #expect(choice.warnings.isEmpty)
            if Processor.current.has(["avx"]) {
                #expect(choice.reason == .densekit(insteadOf: "Prescott"))
            }
            let asked = OpenBLAS.choose(
                for: Processor(cpuinfo: Forged.zen3.cpuinfo), asked: choice.kernel)
            #expect(OpenBLAS.kernel == asked.kernel)
        }

        /// What the processor of this machine can run is tried on it.
        @Test func everyKernelOfThisMachineGivesTheSameProducts() throws {
            let before = try #require(Engine.blas?.kernel)
            defer { _ = OpenBLAS.change(to: before) }
            let a = try normal([67, 131], seed: 1)
            let b = try normal([131, 59], seed: 2)
            let exact = try a.to(.float64).matmul(b.to(.float64))
            let kernels = (OpenBLAS.kernels ?? []).filter {
                BLASKernel.named($0).map { Processor.current.has($0.needs) } ?? false
            }
            #expect(kernels.contains(before))
            for kernel in kernels {
                #expect(OpenBLAS.change(to: kernel))
                #expect(try distance(a.matmul(b), exact) < 1e-4, "\(kernel)")
            }
        }
    }
#endif
