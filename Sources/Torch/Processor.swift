import Glibc

/// The processor, as Linux describes it in `/proc/cpuinfo`.
public struct Processor: Sendable, Equatable {
    /// Who designed the processor, as far as the choice of a kernel depends on it.
    public enum Vendor: Sendable {
        /// Intel.
        case intel
        /// AMD, and Hygon, whose processors are AMD's Zen.
        case amd
        /// Any other.
        case other
    }

    /// The widest vector instructions that a float32 matrix product can use.
    public enum Level: Int, Comparable, Sendable, CustomStringConvertible {
        /// 128 bits.
        case sse
        /// 256 bits, without fused multiply-add.
        case avx
        /// 256 bits, with fused multiply-add.
        case avx2
        /// 512 bits.
        case avx512

        /// Whether `a` has narrower vector instructions than `b`.
        public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

        /// `SSE`, `AVX`, `AVX2` or `AVX-512`.
        public var description: String {
            switch self {
            case .sse: "SSE"
            case .avx: "AVX"
            case .avx2: "AVX2"
            case .avx512: "AVX-512"
            }
        }
    }

    /// Who designed the processor (`vendor_id`).
    public let vendor: Vendor
    /// Name of the model, such as `AMD EPYC` (`model name`); nil where it is not given.
    public let name: String?
    /// Number of the processor family (`cpu family`); nil where it is not given.
    public let family: Int?
    /// Number of the model in its family (`model`); nil where it is not given.
    public let model: Int?
    /// Instruction sets that every core has and the system lets programs use, as Linux names them:
    /// `avx2`, `avx512_bf16`, … Empty where nothing is known.
    public let flags: Set<String>

    /// Reads the text of `/proc/cpuinfo`, one block of lines for each core. A text without the
    /// lines of x86 gives a processor without flags.
    public init(cpuinfo text: String) {
        var first: [Substring: String] = [:]
        var common: Set<String>?
        var lastFlags: Substring?
        for line in text.utf8.split(separator: UInt8(ascii: "\n")).lazy.map(Substring.init) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].trimmed
            let value = line[line.index(after: colon)...].trimmed
            if first[key] == nil { first[key] = String(value) }
            // as a rule all cores report the same
            guard key == "flags", value != lastFlags else { continue }
            lastFlags = value
            let flags = Set(value.split(separator: " ").map(String.init))
            common = common?.intersection(flags) ?? flags
        }
        vendor =
            switch first["vendor_id"] {
            case "GenuineIntel": .intel
            case "AuthenticAMD", "HygonGenuine": .amd
            default: .other
            }
        name = first["model name"].flatMap { $0.isEmpty ? nil : $0 }
        family = first["cpu family"].flatMap { Int($0) }
        model = first["model"].flatMap { Int($0) }
        flags = common ?? []
    }

    /// The processor of this machine.
    public static let current = Processor(cpuinfo: readFile("/proc/cpuinfo"))

    func has(_ needs: Set<String>) -> Bool { needs.isSubset(of: flags) }

    /// The widest instructions that it has; nil where nothing is known of it.
    var level: Level? {
        if flags.isEmpty { return nil }
        if has(["avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"]) { return .avx512 }
        return has(["avx2", "fma"]) ? .avx2 : has(["avx"]) ? .avx : .sse
    }

    /// `AMD EPYC (family 26, model 2)`
    public var description: String {
        let numbers = [family.map { "family \($0)" }, model.map { "model \($0)" }].compactMap { $0 }
        return (name ?? "unknown processor")
            + (numbers.isEmpty ? "" : " (\(numbers.joined(separator: ", ")))")
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" && $0 != "\r" }) else {
            return start.prefix(0)
        }
        return start[...last]
    }
}

/// The text of a file of the kernel's, whose length is not known before; empty where it cannot be
/// read.
private func readFile(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
        bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
