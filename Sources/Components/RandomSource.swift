/// The random numbers that the parts of a model draw in one training step: which anchors or labels
/// are sampled, which images are masked.
///
/// A number depends only on the seed, the iteration, the image's place in the global batch and the
/// purpose it is drawn for. A run that is resumed, or spread over more processes, therefore draws
/// the same numbers. (Dropout and the like draw from the engine's generator.)
public struct RandomSource: Sendable {
    private let source: @Sendable (_ purpose: String, _ image: Int, _ count: Int) throws -> [Double]

    /// A source that draws from a function.
    ///
    /// - Parameter source: gives `count` numbers in [0, 1) for a purpose and an image of the batch,
    ///   such as those that a golden case prescribes
    public init(
        _ source:
            @escaping @Sendable (_ purpose: String, _ image: Int, _ count: Int) throws -> [Double]
    ) {
        self.source = source
    }

    /// The source of one training step.
    ///
    /// - Parameters:
    ///   - seed: of the training
    ///   - iteration: of the step, from 0
    ///   - firstImage: the place in the global batch of the first image of this pass
    public init(seed: UInt64, iteration: Int, firstImage: Int = 0) {
        self.init { purpose, image, count in
            let key = SIMD2(
                UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
            var counter = SIMD4(
                0, UInt32(truncatingIfNeeded: firstImage + image),
                UInt32(truncatingIfNeeded: iteration),
                FNV1a.short(purpose.utf8))
            var numbers: [Double] = []
            numbers.reserveCapacity(count + 1)
            while numbers.count < count {
                let block = Philox.block(counter, key: key)
                counter[0] &+= 1
                for pair in [(block[0], block[1]), (block[2], block[3])] {
                    numbers.append(Double((UInt64(pair.0) << 32 | UInt64(pair.1)) >> 11) * 0x1p-53)
                }
            }
            return Array(numbers.prefix(count))
        }
    }

    /// Ascending numbers i/count, with which `choose` takes the first candidates: reference results
    /// are computed with it.
    public static let inOrder = RandomSource { _, _, count in
        (0..<count).map { Double($0) / Double(max(count, 1)) }
    }

    /// The given `numbers` `[n, …]`, one row per image, for every purpose: what a golden case
    /// prescribes.
    ///
    /// Drawing another count than a row has throws `SettingError`.
    public static func prescribed(_ numbers: Tensor) throws -> RandomSource {
        let images = numbers.size(0)
        let all = try numbers.floats().map(Double.init)
        let each = all.count / max(images, 1)
        return RandomSource { purpose, image, count in
            guard count == each, image < images else {
                throw SettingError(
                    "numbers are given for \(images) images, \(each) each; '\(purpose)' draws \(count) for image \(image + 1)"
                )
            }
            return Array(all[image * each..<(image + 1) * each])
        }
    }

    /// Given numbers `[n, …]`, one row per image, for each purpose by its name: what a golden case
    /// prescribes. Drawing for another purpose, or another count, throws `SettingError`.
    public static func prescribed(_ numbers: [String: Tensor]) throws -> RandomSource {
        let draws = try numbers.mapValues { try prescribed($0) }
        return RandomSource { purpose, image, count in
            guard let draws = draws[purpose] else {
                throw SettingError(
                    "no numbers are given for '\(purpose)', only for \(draws.keys.sorted().joined(separator: ", "))"
                )
            }
            return try draws.uniform(purpose, image: image, count: count)
        }
    }

    /// `count` random numbers in [0, 1).
    ///
    /// - Parameters:
    ///   - purpose: what they are drawn for; other purposes get other numbers
    ///   - image: the image's place in the batch
    ///   - count: of numbers
    /// - Throws: `SettingError` where the source is `prescribed` and has no such numbers.
    public func uniform(_ purpose: String, image: Int, count: Int) throws -> [Double] {
        try source(purpose, image, count)
    }

    /// `count` different numbers of `0 ..< total`, ascending; all of them where `count` is not less
    /// than `total`. Draws one number per candidate and takes the smallest.
    public func choose(_ count: Int, of total: Int, _ purpose: String, image: Int) throws -> [Int] {
        guard count < total else { return Array(0..<total) }
        let draws = try uniform(purpose, image: image, count: total)
        // Nearly always the smallest lie below this, and a quarter of a million need not be sorted
        // for some hundred.
        let low = (0..<total).filter { draws[$0] < 4 * Double(count) / Double(total) }
        let candidates = low.count >= count ? low : Array(0..<total)
        return candidates.sorted { (draws[$0], $0) < (draws[$1], $1) }.prefix(max(count, 0))
            .sorted()
    }
}
