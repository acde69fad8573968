import DenseKitBuiltIn
import DenseKitCore

/// Six images of noise with two rectangles each.
private enum Block {
    static let classes = ClassList(names: ["ground", "red car", "tree"])
    static let count = 6
    private static let side = 64

    static func sample(_ index: Int) -> (image: RGBImage, labels: LabelMap) {
        var image = RGBImage(height: side, width: side)
        var labels = LabelMap(height: side, width: side)
        let instances = instances(index)
        for place in 0..<side * side {
            let here = instances.last { $0.box.contains(place % side, place / side) }
            labels.labels[place] = UInt16(here?.label ?? 0)
            for channel in 0..<3 {
                let noise = (place * 37 + index * 91 + channel * 13) % 120
                let isColour = here?.label == channel + 1
                image.pixels[3 * place + channel] = UInt8(noise + (isColour ? 120 : 0))
            }
        }
        return (image, labels)
    }

    static func instances(_ index: Int) -> [SampleInstance] {
        (0..<2).map { number in
            let left = Float(4 + 5 * index + 26 * number)
            let top = Float(6 + 4 * index * (1 - number))
            let box = BoundingBox(x1: left, y1: top, x2: min(left + 22, 64), y2: top + 30)
            let corners = [box.x1, box.y1, box.x2, box.y1, box.x2, box.y2, box.x1, box.y2]
            return SampleInstance(
                box: box, label: 1 + (index + number) % 2, area: Double(box.width * box.height),
                id: Int64(2 * index + number), shape: .polygons([corners.map(Double.init)]))
        }
    }
}

/// The images with a class for every pixel.
struct LabelledBlocks: Dataset {
    struct Configuration: YAMLConfiguration {}

    let classes = Block.classes
    let count = Block.count

    init(_ configuration: Configuration) {}

    func sample(at index: Int) throws -> DataSample {
        let (image, labels) = Block.sample(index)
        return try DataSample(name: "blocks \(index)", image: image, labels: labels)
    }
}

/// The images with the rectangles as instances with masks.
struct BlockInstances: InstanceDataset {
    struct Configuration: YAMLConfiguration {}

    let classes = Block.classes
    let count = Block.count
    let categoryIDs: [Int64] = [1, 2, 3]
    let hasMasks = true

    init(_ configuration: Configuration) {}

    func imageID(at index: Int) -> Int64 { Int64(index) }

    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance] {
        Block.instances(index).map(\.annotation)
    }

    func sample(at index: Int) throws -> DataSample {
        DataSample(
            name: "blocks \(index)", image: Block.sample(index).image,
            instances: Block.instances(index), wantsMasks: true)
    }
}

extension BoundingBox {
    fileprivate func contains(_ x: Int, _ y: Int) -> Bool {
        x1...x2 ~= Float(x) + 0.5 && y1...y2 ~= Float(y) + 0.5
    }
}

struct BlocksPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.datasets.register("LabelledBlocks", LabelledBlocks.init)
        registry.datasets.register("BlockInstances", BlockInstances.init)
    }
}
