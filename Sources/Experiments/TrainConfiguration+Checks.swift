import DenseKitComponents
import DenseKitData

extension TrainConfiguration {
    /// Images of one pass in one process: `perDeviceBatch`, at most `batch`.
    public var imagesAtATime: Int { imagesAtATime(over: 1) }

    /// Images of one pass in each of `processes`: `perDeviceBatch`, at most its part of `batch`.
    public func imagesAtATime(over processes: Int) -> Int {
        let part = max(1, batch / processes)
        return min(perDeviceBatch ?? part, part)
    }

    /// Passes of each of `processes` whose gradients make up one iteration; 1 without
    /// accumulation.
    public func accumulation(over processes: Int = 1) -> Int {
        max(1, batch / (processes * imagesAtATime(over: processes)))
    }

    /// Throws `SettingError` where the global batch is not a number of whole passes on each of
    /// `processes`; it lists what is possible.
    public func checkDivision(over processes: Int) throws {
        let once = imagesAtATime(over: processes)
        guard !batch.isMultiple(of: once * processes) else { return }
        func divisors(_ number: Int) -> String {
            (1...min(number, 512)).filter { number.isMultiple(of: $0) }.map(String.init)
                .joined(separator: ", ")
        }
        guard batch.isMultiple(of: processes) else {
            throw SettingError(
                "train", "batch",
                "\(batch) images cannot be divided among \(processes) processes; possible numbers of processes: \(divisors(batch))"
            )
        }
        throw SettingError(
            "train", "per_device_batch",
            "the part of a process is \(batch / processes) images (train.batch \(batch) on \(processes) processes), which passes of \(once) images do not make up; possible: \(divisors(batch / processes))"
        )
    }

    /// Throws `SettingError` for numbers out of range or that do not fit together.
    package func validate() throws {
        // The limits keep products of these numbers within 64 bits.
        let numbers: [(key: String, value: Int?, range: ClosedRange<Int>)] = [
            ("iterations", iterations, 1...1_000_000_000), ("epochs", epochs, 1...1_000_000),
            ("batch", batch, 1...65536),
            ("per_device_batch", perDeviceBatch, 1...65536),
            ("log_interval", logInterval, 1...1_000_000_000),
            ("eval_interval", evalInterval, 1...1_000_000_000),
            ("checkpoint_interval", checkpointInterval, 1...1_000_000_000),
            ("keep_checkpoints", keepCheckpoints, 1...1_000_000_000),
            ("max_bad_losses", maxBadLosses, 1...1_000_000_000),
            ("weights_check_interval", weightsCheckInterval, 1...1_000_000_000),
        ]
        for (key, value, range) in numbers {
            guard let value, !range.contains(value) else { continue }
            throw SettingError(
                "train", key, "expected \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
        if let clipNorm, !(clipNorm > 0 && clipNorm <= 1e12) {
            throw SettingError(
                "train", "clip_norm",
                "expected a number above 0 and at most 1e12, found \(clipNorm)")
        }
        guard batch.isMultiple(of: imagesAtATime) else {
            throw SettingError(
                "train", "per_device_batch",
                "expected a divisor of the global batch \(batch), found \(imagesAtATime)")
        }
    }
}

extension DataConfiguration {
    /// Throws `SettingError` for numbers out of range.
    package func validate() throws {
        for (key, value, limit) in [
            ("workers", workers, 1024), ("aspect_ratio_grouping", aspectRatioGrouping, 65536),
        ]
        where !(1...limit).contains(value) {
            throw SettingError("data", key, "expected 1…\(limit), found \(value)")
        }
        guard (0...1).contains(maxBadShare) else {
            throw SettingError("data", "max_bad_share", "expected 0…1, found \(maxBadShare)")
        }
    }
}

extension TestConfiguration {
    /// Scales of an image that multi-scale testing can mean.
    private static let ratioRange = 0.01...16.0
    private static let maximumRatios = 64

    /// Throws `SettingError` for numbers out of range or that do not fit together.
    package func validate() throws {
        _ = try inferenceMode
        guard 1...Self.maximumRatios ~= ratios.count else {
            throw SettingError(
                "test", "ratios",
                "expected 1…\(Self.maximumRatios) scales, found \(ratios.isEmpty ? "none: nothing would be measured" : "\(ratios.count)")"
            )
        }
        let wrong = ratios.enumerated().filter { !Self.ratioRange.contains($0.element) }
        if let first = wrong.first {
            throw SettingError(
                "test", "ratios.\(first.offset)",
                "expected a scale of \(Self.ratioRange.lowerBound)…\(Self.ratioRange.upperBound), found "
                    + wrong.map { "\($0.element)" }.joined(separator: ", "))
        }
    }
}
