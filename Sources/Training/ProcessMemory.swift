import Foundation

/// This process's resident memory, in MiB.
enum ProcessMemory {
    /// The memory at this moment; the peak counts from here on.
    static func resetPeak() -> Int {
        // Linux resets the high-water mark on this; where it may not, the peak counts from the
        // start.
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        return field("VmRSS")
    }

    /// The most memory since the last `resetPeak()`, which returned `idle`. Linux sums its counters
    /// of the threads now and then, so what it reports may be a little less than that.
    static func peak(since idle: Int) -> Int { max(idle, field("VmHWM")) }

    private static func field(_ name: String) -> Int {
        let status = FileManager.default.contents(atPath: "/proc/self/status")
        let text = status.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1024
    }
}
