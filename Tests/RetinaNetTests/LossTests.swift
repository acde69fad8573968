import DenseKitCore
import Glibc
import Testing

@testable import DenseKitRetinaNet

/// What is learnt, anchor by anchor, as the paper defines it.
@Suite struct LossTests {
    private let boxes: [[Float]] = [[0, 0, 30, 30], [20, 4, 46, 30]]
    private let labels: [Int64] = [2, 0]

    /// An anchor's corners, and whether it stands in the image.
    private struct Anchor {
        let corners: [Double]
        let isValid: Bool
    }

    /// The anchors of both levels: one square of 4 strides at every position.
    private func anchors(within size: Size2D) -> [Anchor] {
        var anchors: [Anchor] = []
        for (stride, rows, columns) in [(8, 4, 6), (16, 2, 3)] {
            for y in 0..<rows {
                for x in 0..<columns {
                    let cx = Double(stride * x)
                    let cy = Double(stride * y)
                    let half = Double(2 * stride)
                    let isValid = stride * x < size.width && stride * y < size.height
                    anchors.append(
                        Anchor(
                            corners: [cx - half, cy - half, cx + half, cy + half], isValid: isValid)
                    )
                }
            }
        }
        return anchors
    }

    private func iou(_ a: [Double], _ b: [Double]) -> Double {
        let width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        let height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        let union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
        return width * height / union
    }

    /// Classes and boxes of the valid anchors; nil where one does not count.
    private func answers(_ anchors: [Anchor]) -> [(groundTruth: Int, deltas: [Double])?] {
        let groundTruths = boxes.map { $0.map(Double.init) }
        let overlaps = anchors.map { anchor in
            groundTruths.map { anchor.isValid ? iou(anchor.corners, $0) : 0 }
        }
        return anchors.indices.map { index in
            guard anchors[index].isValid else { return nil }
            let best = overlaps[index].max() ?? 0
            var groundTruth =
                best >= 0.5 ? overlaps[index].firstIndex(of: best) ?? -2 : best < 0.4 ? -1 : -2
            for (thing, _) in groundTruths.enumerated() {
                let highest = overlaps.map { $0[thing] }.max() ?? 0
                if overlaps[index][thing] == highest { groundTruth = thing }
            }
            guard groundTruth >= 0 else { return groundTruth == -1 ? (-1, []) : nil }
            let a = anchors[index].corners
            let b = groundTruths[groundTruth]
            let width = a[2] - a[0]
            let height = a[3] - a[1]
            let dx = ((b[0] + b[2]) - (a[0] + a[2])) / 2 / width
            let dy = ((b[1] + b[3]) - (a[1] + a[3])) / 2 / height
            return (groundTruth, [dx, dy, log((b[2] - b[0]) / width), log((b[3] - b[1]) / height)])
        }
    }

    @Test(arguments: [Size2D(height: 32, width: 48), Size2D(height: 24, width: 32)])
    func everyAnchorByDefinition(_ size: Size2D) throws {
        let head = try retinaNet { $0.initialization = .reference }
        let geometry = ImageGeometry(
            size: size, paddedSize: size, originalSize: size, scale: (1, 1))
        let maps = try maps()
        var levels: [String: Tensor] = [:]
        let losses = try head.losses(
            maps, Targets(instances: [groundTruth(boxes, labels)]),
            ForwardPass(images: [geometry]) { levels[$0] = $1 })
        let output = try head(maps, ForwardPass())
        let logits = try Tensor.cat(output.logits, dim: 1).floats().map(Double.init)
        let deltas = try Tensor.cat(output.deltas, dim: 1).floats().map(Double.init)
        let answers = answers(anchors(within: size))
        let positives = Double(max(1, answers.filter { ($0?.groundTruth ?? -1) >= 0 }.count))
        var ofClasses = [0.0, 0.0]
        var ofBoxes = [0.0, 0.0]
        for (index, answer) in answers.enumerated() {
            guard let answer else { continue }
            let level = index < 24 ? 0 : 1
            for k in 0..<3 {
                let p = 1 / (1 + exp(-logits[3 * index + k]))
                let isClass = answer.groundTruth >= 0 && Int(labels[answer.groundTruth]) == k
                ofClasses[level] +=
                    isClass ? -0.25 * pow(1 - p, 2) * log(p) : -0.75 * p * p * log(1 - p)
            }
            for (place, delta) in answer.deltas.enumerated() {
                ofBoxes[level] += abs(deltas[4 * index + place] - delta)
            }
        }
        for (name, expected) in [("loss_cls", ofClasses), ("loss_bbox", ofBoxes)] {
            let total = try #require(try losses[name]?.item())
            #expect(
                abs(total - (expected[0] + expected[1]) / positives) < 1e-4 * max(1, total),
                "\(name)")
            let each = try #require(try levels[name]?.floats())
            for (a, b) in zip(each, expected) {
                #expect(abs(Double(a) - b / positives) < 1e-4 * max(1, total), "\(name)")
            }
        }
        #expect(positives > 1 && losses.entries.map(\.name) == ["loss_cls", "loss_bbox"])
    }

    /// Every image counts at least one positive; without things there is only background to learn.
    @Test func imagesWithoutThings() throws {
        let head = try retinaNet()
        let losses = try head.losses(maps(), Targets(instances: [groundTruth([], [])]), step())
        #expect(try losses["loss_bbox"]?.item() == 0 && losses["loss_cls"]?.isFinite() == true)
        try #require(try losses.total()).backward()
        #expect(try head.namedParameters().allSatisfy { try $0.tensor.grad?.isFinite() == true })
        // Beside an image with things, one without adds its background and one to the positives.
        let geometry = ImageGeometry(Size2D(height: 32, width: 48))
        let one = try #require(
            try head.losses(maps(), Targets(instances: [groundTruth(boxes, labels)]), step())[
                "loss_bbox"]
        )
        let two = try head.losses(
            maps().map { try Tensor.cat([$0, $0], dim: 0) },
            Targets(instances: [groundTruth(boxes, labels), groundTruth([], [])]),
            step([geometry, geometry]))
        let share = try #require(try two["loss_bbox"]?.item()) / one.item()
        let positives = share / (1 - share)  // p / (p + 1)
        #expect(positives > 0.5 && abs(positives - positives.rounded()) < 1e-3)
    }

    @Test func withoutBoxes() throws {
        let error = try #require(throws: TargetError.self) {
            try retinaNet().losses(maps(), Targets(), step())
        }
        #expect(
            error.description
                == "a detection head needs the boxes of instances, and this data set has none")
    }

    @Test func mixedPrecision() throws {
        let head = try retinaNet { $0.convs = 1 }
        let targets = Targets(instances: [try groundTruth(boxes, labels)])
        let exact = try #require(try head.losses(maps(), targets, step()).total()).item()
        for dtype in [DType.bfloat16, .float16] where canAutocast(dtype, on: .cpu) {
            let mixed = try withAutocast(dtype) {
                try #require(try head.losses(maps(), targets, step()).total())
            }
            #expect(try mixed.dtype == .float32 && abs(mixed.item() - exact) < 0.05 * exact)
        }
    }
}
