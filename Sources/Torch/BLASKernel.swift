/// A kernel of OpenBLAS on x86-64: matrix products for one family of processors, by the name that
/// `OPENBLAS_CORETYPE` takes.
struct BLASKernel: Sendable {
    let name: String
    let level: Processor.Level
    /// What a processor must have to run it, by Linux's names.
    let needs: Set<String>

    private init(_ name: String, _ level: Processor.Level, _ needs: String) {
        self.name = name
        self.level = level
        self.needs = Set(needs.split(separator: " ").map(String.init))
    }

    /// All that OpenBLAS has had since 0.3.0. A build may lack some.
    static let all: [BLASKernel] = {
        let avx2 = "avx avx2 fma"
        let avx512 = avx2 + " avx512f avx512cd avx512bw avx512dq avx512vl"
        let bfloat16 = avx512 + " avx512_vnni avx512_bf16"
        return [
            BLASKernel("Opteron", .sse, "sse2 3dnow"),
            BLASKernel("Opteron_SSE3", .sse, "pni 3dnow"),
            BLASKernel("Prescott", .sse, "pni"), BLASKernel("Core2", .sse, "ssse3"),
            BLASKernel("Atom", .sse, "ssse3"),
            BLASKernel("Nano", .sse, "ssse3"), BLASKernel("Penryn", .sse, "sse4_1"),
            BLASKernel("Dunnington", .sse, "sse4_1"), BLASKernel("Nehalem", .sse, "sse4_2"),
            BLASKernel("Barcelona", .sse, "pni sse4a 3dnowprefetch"),
            BLASKernel("Bobcat", .sse, "ssse3 sse4a 3dnowprefetch"),
            BLASKernel("Sandybridge", .avx, "avx"), BLASKernel("Bulldozer", .avx, "avx fma4"),
            BLASKernel("Piledriver", .avx, "avx fma4 fma"),
            BLASKernel("Steamroller", .avx, "avx fma4 fma"),
            BLASKernel("Excavator", .avx2, avx2 + " fma4"), BLASKernel("Haswell", .avx2, avx2),
            BLASKernel("Zen", .avx2, avx2), BLASKernel("SkylakeX", .avx512, avx512),
            BLASKernel("Cooperlake", .avx512, bfloat16),
            BLASKernel(
                "SapphireRapids", .avx512, bfloat16 + " avx512_fp16 amx_tile amx_bf16 amx_int8"),
        ]
    }()

    /// By its name; OpenBLAS ignores case.
    static func named(_ name: String) -> BLASKernel? {
        all.first { $0.name.lowercased() == name.lowercased() }
    }
}

extension Processor {
    /// The fastest of the kernels `known` to an OpenBLAS that this processor runs in float32; nil
    /// for a processor without AVX and for one of which nothing is known, where OpenBLAS chooses
    /// well.
    ///
    /// The processor's reported features decide, not its model number: model numbers are newer than
    /// the library, and a virtual machine may hide instructions. `SapphireRapids` adds matrix
    /// products in bfloat16 alone, which the engine does not use from its BLAS.
    func bestKernel(among known: [String]) -> BLASKernel? {
        let order =
            switch vendor {
            case .amd:
                [
                    "Cooperlake", "SkylakeX", "Excavator", "Zen", "Haswell", "Steamroller",
                    "Piledriver", "Bulldozer",
                    "Sandybridge",
                ]
            case .intel, .other: ["Cooperlake", "SkylakeX", "Haswell", "Sandybridge"]
            }
        return order.lazy.compactMap(BLASKernel.named).first { kernel in
            known.contains(kernel.name) && has(kernel.needs)
                && (kernel.name != "Steamroller"
                    || model.map { (0x30...0x3f).contains($0) } ?? false)
        }
    }
}
