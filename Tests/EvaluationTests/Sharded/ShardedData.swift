import DenseKitComponents
import DenseKitData
import DenseKitVision

@testable import DenseKitEvaluation

/// Numbers from 0 to 255 that look random and are the same everywhere.
private func level(_ index: Int, _ place: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (index * 131 + place) &* 2_654_435_761 >> 13)
}

/// Noise of several sizes; the labels are the brightest channels, one in three of them wrong or
/// ignored.
struct ColouredNoise: Dataset {
    let classes = ClassList(names: ["red", "green", "blue"])
    var count = 7
    /// The image whose labels have a class that does not exist; nil for none.
    var mislabelled: Int?

    func name(at index: Int) -> String? { "\(index).jpg" }

    func sample(at index: Int) throws -> DataSample {
        let height = 8 + 3 * (index % 3)
        let width = 11 + 2 * (index % 2)
        var image = RGBImage(height: height, width: width)
        var labels = LabelMap(height: height, width: width)
        for place in 0..<height * width {
            let levels = (0..<3).map { level(index, 3 * place + $0) }
            for channel in 0..<3 { image.pixels[3 * place + channel] = levels[channel] }
            let brightest = UInt16(levels.firstIndex(of: levels.max() ?? 0) ?? 0)
            labels.labels[place] =
                switch place % 9 {
                case 2: LabelMap.ignore
                case 5, 8: UInt16(place / 9 % 3)
                default: brightest
                }
        }
        if index == mislabelled { labels.labels[0] = 9 }
        return try DataSample(name: "\(index).jpg", image: image, labels: labels)
    }
}

/// Images that say in their first row which boxes `Reader` finds there. The annotated boxes lie
/// near those.
struct WrittenBoxes: InstanceDataset {
    let classes = ClassList(names: ["ball", "box"])
    let categoryIDs: [Int64] = [9, 4]
    let count = 7
    let hasMasks = true

    static let size = Size2D(height: 48, width: 64)
    /// Detections in an image; there are as few different scores that many are equal.
    static func count(_ index: Int) -> Int { index % 4 * 2 }

    /// The corners of box `place` of an image.
    static func corners(_ index: Int, _ place: Int) -> [UInt8] {
        let x = 2 + level(index, 7 * place) % 30
        let y = 1 + level(index, 7 * place + 1) % 20
        return [
            x, y, x + 6 + level(index, 7 * place + 2) % 24,
            y + 5 + level(index, 7 * place + 3) % 20,
        ]
    }

    func imageID(at index: Int) -> Int64 { Int64(100 - 9 * index) }

    func sample(at index: Int) throws -> DataSample {
        var image = RGBImage(height: Self.size.height, width: Self.size.width)
        image.pixels[0] = UInt8(Self.count(index))
        for place in 0..<Self.count(index) {
            let values = Self.corners(index, place) + [level(index, place) % 4]
            for (number, value) in values.enumerated() {
                image.pixels[3 * (1 + 5 * place + number)] = value
            }
        }
        return DataSample(name: "\(index).jpg", image: image, instances: [])
    }

    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance] {
        try (0..<max(1, Self.count(index) - 1)).map { place in
            let corners = Self.corners(index, place).map(Double.init)
            let shift = Double((index + place) % 3)
            let box = COCOBox(
                x: corners[0] + shift, y: corners[1], width: corners[2] - corners[0],
                height: corners[3] - corners[1])
            let isCrowd = index == 3 && place == 2
            return AnnotatedInstance(
                id: Int64(1 + 10 * index + place), label: place % 2, box: box, area: box.area,
                isCrowd: isCrowd,
                shape: shapes ? .runLengths(try RunLengthMask(box: box, size: Self.size)) : nil)
        }
    }
}

/// Gives its input as it is.
private final class Copy: Module, Backbone {
    struct Configuration: YAMLConfiguration {}
    let outputs = [FeatureSpec(channels: 3, stride: 1)]

    init(_ configuration: Configuration) {}
    func callAsFunction(_ images: Tensor) throws -> Features { Features(maps: [images]) }
}

/// Predicts the brightest channel of every pixel.
private final class Brightest: Module, Head {
    struct Configuration: YAMLConfiguration {}
    let checkpointKey = "decode_head"
    var task: any HeadTask { SegmentationTask() }

    init(_ configuration: Configuration, _ context: BuildContext) {}
    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        Losses()
    }
    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        SegmentationPredictions(embedding: maps[0]) { $0 }
    }
}

/// Finds the boxes that stand in the first row of an image, with masks that lack two corners.
private final class Reader: Module, Head {
    struct Configuration: YAMLConfiguration { var masks = true }
    let masks: Bool
    let checkpointKey = "roi_head"
    var task: any HeadTask { DetectionTask(masks: masks) }

    init(_ configuration: Configuration, _ context: BuildContext) { masks = configuration.masks }
    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        Losses()
    }
    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        let row = try maps[0].selected(0, 0).selected(0, 0).selected(0, 0).contiguous().floats()
        let count = Int(row[0])
        let found = (0..<count).map { Array(row[1 + 5 * $0..<6 + 5 * $0]) }
        let order = found.indices.sorted { found[$0][4] > found[$1][4] }
        let boxes = order.flatMap { found[$0][..<4].map { $0 + 0.1 } }
        let grid: [Float] = [0.2, 0.9, 1, 0.8, 1, 0.9, 1, 0.9, 0.4]
        return try DetectionPredictions([
            Detections(
                boxes: .from(boxes, shape: [count, 4]),
                scores: .from(order.map { (found[$0][4] + 1) / 7 }, shape: [count]),
                labels: .from(order.map { Int64($0 % 2) }, shape: [count]),
                masks: masks
                    ? .from((0..<count).flatMap { _ in grid }, shape: [count, 3, 3]) : nil)
        ])
    }
}

private struct ShardedPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("Copy", Copy.init)
        registry.heads.register("Brightest", Brightest.init)
        registry.heads.register("Reader", Reader.init)
    }
}

/// A model that has nothing to learn.
///
/// - Parameter head: its YAML
func fixedModel(_ head: String, _ classes: ClassList) throws -> DenseModel {
    let context = BuildContext(
        registry: try Registry([ShardedPlugin()]), classNames: classes.names)
    return try DenseModel(.decode(yaml: "{backbone: Copy, head: \(head)}"), context)
}
