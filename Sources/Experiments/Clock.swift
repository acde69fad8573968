import Foundation

/// Seconds of a clock that never runs backwards, from an arbitrary start: for measuring durations.
public func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A duration as `1:05:09` (hours, minutes, seconds), from one day on as `2 days, 1:05:09`.
public func clockText(_ seconds: Double) -> String {
    let whole = Int(exactly: seconds.rounded()) ?? 0
    let days = whole / 86400
    let rest = whole % 86400
    let clock = String(format: "%d:%02d:%02d", rest / 3600, rest / 60 % 60, rest % 60)
    return days == 0 ? clock : "\(days) day\(days == 1 ? "" : "s"), \(clock)"
}
