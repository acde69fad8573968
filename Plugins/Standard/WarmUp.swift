import DenseKitCore

/// What the schedules' linear warm-ups have in common.
enum WarmUp {
    /// The largest number of iterations or epochs that a schedule takes.
    static let longest = 1_000_000_000

    /// Throws `SettingError` for a length below 0 or above `longest`, and for a ratio that is no
    /// share.
    static func check(iterations: Int, ratio: Double) throws {
        try SettingError.check("warmup_iterations", iterations, in: 0...longest)
        try SettingError.check("warmup_ratio", ratio, in: 0...1)
    }

    static func idleKeys(_ iterations: Int) -> [(key: String, reason: String)] {
        iterations == 0 ? [("warmup_ratio", "there is no warm-up (warmup_iterations: 0)")] : []
    }

    /// The warning on a warm-up that does not end within the run.
    static func warnings(iterations: Int, of length: Int) -> [(key: String, problem: String)] {
        guard iterations >= length else { return [] }
        return [
            (
                "warmup_iterations",
                "the warm-up of \(iterations) iterations does not end within the run's \(length): the learning rate never reaches lr; "
                    + "make it shorter, or the run longer"
            )
        ]
    }
}
