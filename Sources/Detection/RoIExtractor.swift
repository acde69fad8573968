/// The pyramid level that a region is read from: `⌊log₂(√area / finestScale + 1e-6)⌋`, within
/// 0…`count - 1` (Lin et al., [arXiv:1612.03144](https://arxiv.org/abs/1612.03144), equation 1,
/// with the constants of mmdetection).
public struct FPNLevels: Sendable, Hashable {
    /// Number of levels.
    public var count: Int
    /// Boxes with √area below twice this, in pixels, are read from the finest level.
    public var finestScale: Double

    /// Levels of a pyramid; the default scale of 56 pixels is mmdetection's.
    public init(count: Int, finestScale: Double = 56) {
        self.count = count
        self.finestScale = finestScale
    }

    /// The level of each box, 0 the finest; 0 for a box with a coordinate that is not a number.
    /// `[…, 4] → […]` int64
    public func levels(of boxes: Tensor) throws -> Tensor {
        let scale = try Boxes.area(boxes).sqrt()
        let level = try (scale / finestScale + 1e-6).log2().floor()
        return try level.masked(level.equals(level).not(), with: 0).clamped(0, Double(count - 1))
            .to(.int64)
    }
}

/// Extracts features of regions of interest from a pyramid, each region from the level that fits
/// its size. mmdetection's `SingleRoIExtractor` with RoIAlign.
public struct RoIExtractor: Sendable, Hashable {
    /// Height and width of the extracted features, in bins.
    public var size: Size2D
    /// Strides of the levels that are read, finest first; further feature maps are not used.
    public var strides: [Int]
    /// Regions with √area below twice this, in pixels, are read from the finest level.
    public var finestScale: Double
    /// Samples in each direction within a bin; 0 for as many as a bin is positions long, rounded
    /// up.
    public var samplingRatio: Int
    /// Whether pixel centres lie at half coordinates (RoIAlign's half-pixel correction).
    public var aligned: Bool

    /// An extractor with the constants of mmdetection by default.
    ///
    /// - Throws: `SettingError` for a side outside 1…1000, no strides or one that is not positive,
    ///   a finest scale that is not positive, or a sampling ratio outside 0…64.
    public init(
        size: Size2D, strides: [Int], finestScale: Double = 56, samplingRatio: Int = 0,
        aligned: Bool = true
    ) throws {
        try SettingError.check("the height of a region's grid", size.height, in: 1...1000)
        try SettingError.check("the width of a region's grid", size.width, in: 1...1000)
        guard !strides.isEmpty, strides.allSatisfy({ $0 > 0 }) else {
            throw SettingError(
                "regions must be read from one or more levels of strides above 0, found \(strides)")
        }
        guard finestScale > 0, finestScale.isFinite else {
            throw SettingError("the finest scale of regions must be above 0, found \(finestScale)")
        }
        try SettingError.check("the sampling ratio of regions", samplingRatio, in: 0...64)
        self.size = size
        self.strides = strides
        self.finestScale = finestScale
        self.samplingRatio = samplingRatio
        self.aligned = aligned
    }

    /// The features of each region, in the order of `regions`: `[r, c, size.height, size.width]`,
    /// differentiable with respect to the maps.
    ///
    /// - Parameters:
    ///   - maps: `[n, c, h, w]` for each level, all with c channels
    ///   - regions: image index, x1, y1, x2, y2 in pixels of the image, `[r, 5]` (`Boxes.regions`)
    /// - Throws: `SettingError` where there are fewer maps than strides.
    public func callAsFunction(_ maps: [Tensor], _ regions: Tensor) throws -> Tensor {
        guard maps.count >= strides.count else {
            throw SettingError(
                "regions are read from \(strides.count) levels, and \(maps.count) maps came")
        }
        // RoIAlign reads its regions on the CPU: they are fetched once for all levels.
        let regions = try regions.to(.cpu)
        let levels = try FPNLevels(count: strides.count, finestScale: finestScale).levels(
            of: regions.narrowed(1, 1, 4)
        )
        .integers()
        return try inOrder(of: levels, among: strides.indices.map(Int64.init)) { level, rows in
            try maps[Int(level)].roiAligned(
                regions.indexed(0, rows.to(.cpu)), size: size,
                scale: 1 / Double(strides[Int(level)]),
                samplingRatio: samplingRatio, aligned: aligned)
        }
    }
}

/// What `part` makes of the rows of each group `[k] → [k, …]`, joined in the order of the rows.
/// Groups without rows are computed too, so that they have their place in the graph.
func inOrder(
    of groupOfRow: [Int64], among groups: [Int64],
    _ part: (_ group: Int64, _ rows: Tensor) throws -> Tensor
) throws -> Tensor {
    var rows: [Int64: [Int64]] = [:]
    for (row, group) in groupOfRow.enumerated() { rows[group, default: []].append(Int64(row)) }
    var places = [Int64](repeating: 0, count: groupOfRow.count)
    let parts = try groups.map { try part($0, Tensor.from(rows[$0] ?? [])) }
    for (place, row) in groups.flatMap({ rows[$0] ?? [] }).enumerated() {
        places[Int(row)] = Int64(place)
    }
    let joined = try Tensor.cat(parts, dim: 0)
    return try joined.indexed(0, Tensor.from(places).to(joined.device))
}
