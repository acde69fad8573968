import DenseKitDetection
import Testing

/// Settings that nothing can work with, and what is said of them.
@Suite struct SettingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable () throws -> Void

        init(_ message: String, _ make: @escaping @Sendable () throws -> Void) {
            testDescription = message
            self.make = make
        }
    }

    @Test(arguments: [
        Case("score_threshold must be 0.0…1.0, found 1.5") {
            _ = try DetectionFilter(scoreThreshold: 1.5, nmsThreshold: 0.5, maxPerImage: 100)
        },
        Case("nms_threshold must be 0.0…1.0, found -1.0") {
            _ = try DetectionFilter(scoreThreshold: 0, nmsThreshold: -1, maxPerImage: 100)
        },
        Case("max_per_image must be 1…1000000, found 0") {
            _ = try DetectionFilter(scoreThreshold: 0, nmsThreshold: 0.5, maxPerImage: 0)
        },
        Case("max_per_image must be 1…1000000, found 1000001") {
            _ = try DetectionFilter(scoreThreshold: 0, nmsThreshold: 0.5, maxPerImage: 1_000_001)
        },
        Case("means must be 4 numbers, for dx, dy, dw and dh; found [0.0, 0.0]") {
            _ = try DeltaCoder(means: [0, 0])
        },
        Case("means must be 4 numbers, for dx, dy, dw and dh; found [0.0, 0.0, 0.0, inf]") {
            _ = try DeltaCoder(means: [0, 0, 0, .infinity])
        },
        Case("stds must be 4 numbers above 0, for dx, dy, dw and dh; found [1.0, 1.0, 0.0, 1.0]") {
            _ = try DeltaCoder(stds: [1, 1, 0, 1])
        },
        Case("the limit of a box's sides to its anchor's must be above 1, found 0.016") {
            _ = try DeltaCoder(ratioLimit: 0.016)
        },
        Case("the anchors' strides must be one or more numbers above 0 and up to 1000000, found []")
        {
            _ = try AnchorGenerator(strides: [], ratios: [1], scales: [1])
        },
        Case(
            "the anchors' strides must be one or more numbers above 0 and up to 1000000, found [8.0, 0.0]"
        ) {
            _ = try AnchorGenerator(strides: [8, 0], ratios: [1], scales: [1])
        },
        Case(
            "the anchors' ratios must be one or more numbers above 0 and up to 1000000, found [-1.0]"
        ) {
            _ = try AnchorGenerator(strides: [8], ratios: [-1], scales: [1])
        },
        Case(
            "the anchors' scales must be one or more numbers above 0 and up to 1000000, found [inf]"
        ) {
            _ = try AnchorGenerator(strides: [8], ratios: [1], scales: [.infinity])
        },
        Case(
            "the anchors' base sizes must be one or more numbers above 0 and up to 1000000, found [nan]"
        ) {
            _ = try AnchorGenerator(strides: [8], ratios: [1], scales: [1], baseSizes: [.nan])
        },
        Case("the anchors have 2 base sizes for 1 strides") {
            _ = try AnchorGenerator(strides: [8], ratios: [1], scales: [1], baseSizes: [8, 16])
        },
        Case("the anchors' centre offset must be 0.0…1.0, found 2.0") {
            _ = try AnchorGenerator(strides: [8], ratios: [1], scales: [1], centerOffset: 2)
        },
        Case("scales per octave must be 1…100, found 0") {
            _ = try AnchorGenerator.octaveScales(base: 4, perOctave: 0)
        },
        Case("the assigner's IoU of positives must be 0.0…1.0, found 1.5") {
            _ = try MaxIoUAssigner(positive: 1.5, negative: 0.4)
        },
        Case("the assigner's highest IoU of negatives must be 0.0…1.0, found -0.5") {
            _ = try MaxIoUAssigner(positive: 0.5, negative: -0.5)
        },
        Case("the assigner's highest IoU of negatives must be 0.0…1.0, found nan") {
            _ = try MaxIoUAssigner(positive: 0.5, negative: .nan)
        },
        Case("the assigner's lowest IoU of negatives must be 0.0…1.0, found -1.0") {
            _ = try MaxIoUAssigner(positive: 0.5, negative: -1..<0.5)
        },
        Case("the assigner's smallest IoU of a best box must be 0.0…1.0, found 7.0") {
            _ = try MaxIoUAssigner(positive: 0.5, negative: 0.4, minPositive: 7)
        },
        Case("the assigner's share of ignored regions must be 0.0…1.0, found 2.0") {
            _ = try MaxIoUAssigner(positive: 0.5, negative: 0.4, ignoreThreshold: 2)
        },
        Case("the sampler's count must be 1…1000000, found 0") {
            _ = try RandomSampler(count: 0, positiveFraction: 0.5)
        },
        Case("the sampler's share of positives must be 0.0…1.0, found nan") {
            _ = try RandomSampler(count: 1, positiveFraction: .nan)
        },
        Case("the sampler's negatives for each positive must be 0.0…1000000.0, found -1.0") {
            _ = try RandomSampler(count: 1, positiveFraction: 0.5, maxNegativesPerPositive: -1)
        },
        Case("the proposals before NMS must be 1…1000000, found 0") {
            _ = try ProposalFilter(preNMS: 0, max: 1)
        },
        Case("the proposals' NMS threshold must be 0.0…1.0, found -1.0") {
            _ = try ProposalFilter(preNMS: 1, nmsThreshold: -1, max: 1)
        },
        Case("the proposals after NMS must be 1…1000000, found 0") {
            _ = try ProposalFilter(preNMS: 1, max: 0)
        },
        Case("the height of a region's grid must be 1…1000, found 0") {
            _ = try RoIExtractor(size: 0, strides: [4])
        },
        Case("the width of a region's grid must be 1…1000, found 9999") {
            _ = try RoIExtractor(size: Size2D(7, 9999), strides: [4])
        },
        Case("regions must be read from one or more levels of strides above 0, found []") {
            _ = try RoIExtractor(size: 7, strides: [])
        },
        Case("the finest scale of regions must be above 0, found 0.0") {
            _ = try RoIExtractor(size: 7, strides: [4], finestScale: 0)
        },
        Case("the sampling ratio of regions must be 0…64, found -1") {
            _ = try RoIExtractor(size: 7, strides: [4], samplingRatio: -1)
        },
        Case("the height of a mask's grid must be 1…1000, found -3") {
            _ = try MaskTargets(size: -3)
        },
        Case("the width of a mask's grid must be 1…1000, found 0") {
            _ = try MaskTargets(size: Size2D(28, 0))
        },
    ])
    func message(_ each: Case) throws {
        let error = try #require(throws: SettingError.self) { try each.make() }
        #expect(error.description == each.testDescription)
    }
}
