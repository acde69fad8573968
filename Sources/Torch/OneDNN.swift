import Glibc

/// The instructions that oneDNN uses for convolutions, and for matrix products in bfloat16.
public struct OneDNNInstructions: Sendable, Equatable, CustomStringConvertible {
    /// Something that a processor has or has not, and oneDNN uses or not.
    enum Use: Sendable { case inUse, notUsed, absent }

    let level: Processor.Level
    let bfloat16: Use
    let amx: Use
    /// What keeps oneDNN from using all instructions of the processor: one sentence each, with what
    /// to do. Empty where there is no problem.
    public let warnings: [String]

    /// Whether products in bfloat16 run as instructions of the processor (AVX-512 bf16 or AMX);
    /// false where they are emulated.
    public var hasBFloat16: Bool { bfloat16 == .inUse || amx == .inUse }

    /// `AVX-512, AVX-512 bf16 in use, no AMX in this processor`
    public var description: String {
        func words(_ use: Use, _ what: String) -> String {
            switch use {
            case .inUse: "\(what) in use"
            case .notUsed: "\(what) not used though the processor has it"
            case .absent: "no \(what) in this processor"
            }
        }
        return "\(level), \(words(bfloat16, "AVX-512 bf16")), \(words(amx, "AMX"))"
    }

    /// - Parameters:
    ///   - processor: where it runs
    ///   - effective: what oneDNN reports (`dnnl_get_effective_cpu_isa`); nil where it
    ///     cannot be queried; then it follows from the processor and `asked`
    ///   - version: oneDNN's major version, which decides the meaning of `effective`'s bits
    ///   - asked: the variable that limits it, `ONEDNN_MAX_CPU_ISA` or `DNNL_MAX_CPU_ISA`, where it
    ///     is set
    init(
        _ processor: Processor, effective: UInt32?, version: Int,
        asked: (variable: String, value: String)?
    ) {
        let limit = asked.map { Limit($0.value) }
        let own = Limit(processor)
        let used =
            effective.map { Limit(bits: $0, version: version) } ?? own.limited(by: limit ?? .none)
        func use(_ feature: KeyPath<Limit, Bool>) -> Use {
            used[keyPath: feature] ? .inUse : own[keyPath: feature] ? .notUsed : .absent
        }
        level = used.level
        bfloat16 = use(\.bfloat16)
        amx = use(\.amx)
        let lost = [
            used.level < own.level ? own.level.description : nil,
            bfloat16 == .notUsed ? "AVX-512 bf16" : nil,
            amx == .notUsed ? "AMX" : nil,
        ].compactMap { $0 }
        if let asked, !lost.isEmpty {
            warnings = [
                "\(asked.variable)=\(asked.value) keeps oneDNN at \(used.level), and this processor has \(lost.joined(separator: ", ")): "
                    + "unset \(asked.variable)"
            ]
        } else {
            warnings = []
        }
    }

    /// What oneDNN may use.
    private struct Limit {
        var level: Processor.Level
        var bfloat16: Bool
        var amx: Bool

        static let none = Limit(level: .avx512, bfloat16: true, amx: true)

        init(level: Processor.Level, bfloat16: Bool, amx: Bool) {
            self.level = level
            self.bfloat16 = bfloat16
            self.amx = amx
        }

        init(_ processor: Processor) {
            level = processor.level ?? .sse
            bfloat16 = level == .avx512 && processor.has(["avx512_vnni", "avx512_bf16"])
            amx = bfloat16 && processor.has(["amx_tile", "amx_bf16", "amx_int8"])
        }

        /// oneDNN's names: `AVX2`, `AVX512_CORE_BF16`, … One that it does not know limits nothing.
        init(_ name: String) {
            let name = name.uppercased()
            switch name {
            case "SSE41": self.init(level: .sse, bfloat16: false, amx: false)
            case "AVX": self.init(level: .avx, bfloat16: false, amx: false)
            case "AVX2", "AVX2_VNNI", "AVX2_VNNI_2":
                self.init(level: .avx2, bfloat16: false, amx: false)
            case "AVX512_MIC", "AVX512_MIC_4OPS", "AVX512_CORE", "AVX512_CORE_VNNI":
                self.init(level: .avx512, bfloat16: false, amx: false)
            case "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512":
                self.init(level: .avx512, bfloat16: true, amx: false)
            default: self = .none
            }
        }

        /// The bits of `dnnl_cpu_isa_t`. A set holds the bits of all that it includes.
        init(bits: UInt32, version: Int) {
            func has(_ mask: UInt32) -> Bool { bits & mask == mask }
            level = has(0x27) ? .avx512 : has(0x7) ? .avx2 : has(0x3) ? .avx : .sse
            bfloat16 = has(0xe7)
            amx = has(version < 3 ? 0x3e7 : 0xfef)
        }

        func limited(by other: Limit) -> Limit {
            Limit(
                level: min(level, other.level), bfloat16: bfloat16 && other.bfloat16,
                amx: amx && other.amx)
        }
    }

    /// This process's.
    static let current: OneDNNInstructions = {
        typealias Effective = @convention(c) () -> UInt32
        typealias Version = @convention(c) () -> UnsafePointer<Int32>?
        let effective = dlsym(nil, "dnnl_get_effective_cpu_isa").map {
            unsafeBitCast($0, to: Effective.self)()
        }
        let version = dlsym(nil, "dnnl_version").flatMap {
            unsafeBitCast($0, to: Version.self)()?.pointee
        }
        let variables = ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"]  // the first that is set counts
        let asked = variables.lazy.compactMap { name in
            environmentVariable(name).map { (variable: name, value: $0) }
        }.first
        return OneDNNInstructions(
            .current, effective: version == nil ? nil : effective, version: Int(version ?? 0),
            asked: asked)
    }()
}
