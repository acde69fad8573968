import Testing

@testable import DenseKitTorch

struct ProcessorTests {
    @Test func readsVendorNumbersNameAndFlags() {
        let processor = Processor(cpuinfo: Forged.emeraldRapids.cpuinfo)
        #expect(processor.vendor == .intel)
        #expect((processor.family, processor.model) == (6, 207))
        #expect(processor.name == "INTEL(R) XEON(R) PLATINUM 8592+")
        #expect(processor.flags.isSuperset(of: ["avx512_bf16", "amx_tile", "fma"]))
        #expect(processor.description == "INTEL(R) XEON(R) PLATINUM 8592+ (family 6, model 207)")
    }

    @Test func aFlagThatOneCoreLacksDoesNotCount() {
        let big = Forged("GenuineIntel", 6, 151, "Big", Forged.avx512).cpuinfo
        let small = Forged("GenuineIntel", 6, 151, "Small", Forged.avx2).cpuinfo
        let processor = Processor(cpuinfo: big + "\n" + small + "\n" + big)
        #expect(processor.name == "Big")
        #expect(processor.flags.contains("avx2"))
        #expect(!processor.flags.contains("avx512f"))
    }

    @Test(arguments: [
        "", "\n\n", "processor\t: 0\n", "no colon at all", ": value\n:\n",
        "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n",
        "vendor_id\t: \ncpu family\t: x\nmodel\t: 99999999999999999999\nmodel name\t:\nflags\t:\n",
    ])
    func textsWithoutTheLinesOfX86SayNothing(_ text: String) {
        let processor = Processor(cpuinfo: text)
        #expect(processor.vendor == .other)
        #expect(processor.flags.isEmpty)
        #expect((processor.family, processor.model) == (nil, nil))
        #expect(processor.description == "unknown processor")
    }

    @Test func windowsLineEndsAndTabsAreCutOff() {
        let processor = Processor(
            cpuinfo: "vendor_id : AuthenticAMD\r\nmodel name\t:  EPYC \t\r\nflags\t\t: avx avx2\r\n"
        )
        #expect(processor.vendor == .amd)
        #expect(processor.name == "EPYC")
        #expect(processor.flags == ["avx", "avx2"])
    }

    @Test func thisMachineIsRead() {
        #expect(!Processor.current.flags.isEmpty)
    }
}

/// The text of `/proc/cpuinfo` on machines that are not here.
struct Forged: Sendable {
    let vendor: String
    let family: Int
    let model: Int
    let name: String
    let flags: String

    init(_ vendor: String, _ family: Int, _ model: Int, _ name: String, _ flags: String) {
        self.vendor = vendor
        self.family = family
        self.model = model
        self.name = name
        self.flags = flags
    }

    var cpuinfo: String {
        let core = { (number: Int) in
            """
            processor\t: \(number)
            vendor_id\t: \(vendor)
            cpu family\t: \(family)
            model\t\t: \(model)
            model name\t: \(name)
            stepping\t: 2
            flags\t\t: \(flags)
            bugs\t\t: spectre_v1 spectre_v2

            """
        }
        return core(0) + "\n" + core(1)
    }

    var processor: Processor { Processor(cpuinfo: cpuinfo) }

    static let sse3 = "fpu mmx fxsr sse sse2 ht syscall nx lm pni"
    static let sse42 = sse3 + " ssse3 cx16 sse4_1 sse4_2 popcnt"
    static let avx = sse42 + " aes xsave avx"
    static let avx2 = avx + " f16c fma bmi1 avx2 bmi2"
    static let avx512 = avx2 + " avx512f avx512dq avx512cd avx512bw avx512vl"
    static let bfloat16 = avx512 + " avx512_vnni avx512_bf16"
    static let amx = bfloat16 + " avx512_fp16 amx_bf16 amx_tile amx_int8"
    static let amd = " sse4a 3dnowprefetch"

    static let emeraldRapids = Forged(
        "GenuineIntel", 6, 207, "INTEL(R) XEON(R) PLATINUM 8592+", amx)
    static let zen3 = Forged("AuthenticAMD", 25, 1, "AMD EPYC 7763", avx2 + amd)
}
