import DenseKitCLIP
import DenseKitCore
import Glibc
import SmallModels
import Testing

@testable import DenseKitDenseCLIP

/// DenseCLIP under a detector: the map joins over τ, and its auxiliary loss knows boxes.
@Suite struct DetectionTests {
    private let settings =
        "scaled_score_map: true, score_target: boxes, loss: {type: BinaryCrossEntropy, name: loss_seg}"
    private let backbone =
        "{type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, output_dim: 20, input_resolution: 96, positions: crop}"

    private func groundTruth(_ boxes: [[Float]], _ labels: [Int64]) throws -> InstanceTargets {
        try InstanceTargets(
            boxes: Tensor.from(boxes.flatMap { $0 }, shape: [boxes.count, 4]),
            labels: Tensor.from(labels),
            ignoredBoxes: Tensor.zeros([0, 4]))
    }

    private func maps(_ boxes: [[Float]], _ labels: [Int64]) throws -> (
        target: [[Float]], counted: Int
    ) {
        let maps = try BoxMaps(
            [groundTruth(boxes, labels)], classes: 2, size: Size2D(3, 5), stride: 4, device: .cpu)
        let any = try maps.mask.floats()
        #expect(maps.counted == 2 * Int(any.reduce(0, +)))
        return try (
            [maps.target.selected(1, 0).floats(), maps.target.selected(1, 1).floats()], maps.counted
        )
    }

    /// Cells of a grid of 3×5 that a box covers, first row first.
    @Test(
        arguments: [
            ("truncated to cells", [4.5, 0, 12.9, 7.9], [1, 2]),
            ("the right and lower edges are not part", [4, 4, 8, 8], [6]),
            ("within one cell", [5, 5, 7.9, 11], []),
            ("up to the last column and row, which stay free", [8, 0, 20, 12], [2, 3, 7, 8]),
            ("beyond all borders", [-9, -9, 1e30, 1e30], [0, 1, 2, 3, 5, 6, 7, 8]),
            ("turned around", [12, 4, 4, 8], []),
            ("not a number", [.nan, 0, 8, 4.5], [0, 1]),
        ] as [(String, [Float], [Int])])
    func cells(_ name: String, _ box: [Float], _ covered: [Int]) throws {
        let maps = try maps([box], [1])
        #expect(maps.target[1].indices.filter { maps.target[1][$0] == 1 } == covered, "\(name)")
        #expect(maps.target[0].allSatisfy { $0 == 0 } && maps.counted == 2 * covered.count)
    }

    @Test func boxesOverOneAnother() throws {
        let maps = try maps([[0, 0, 8, 4], [4, 0, 12, 4]], [0, 1])
        #expect(
            maps.target[0].prefix(5) == [1, 1, 0, 0, 0]
                && maps.target[1].prefix(5) == [0, 1, 1, 0, 0] && maps.counted == 6)
    }

    @Test(arguments: [-1, 2, Int64.max]) func aClassThatIsNone(_ label: Int64) throws {
        let error = try #require(throws: SettingError.self) { try maps([[0, 0, 8, 4]], [label]) }
        #expect(error.description == "a box has the class \(label), and the model has classes 0…1")
    }

    /// Cosines over τ join the pyramid.
    @Test func theMapJoinsOverTheTemperature() throws {
        try RandomGenerator.seed(3)
        let model = try model(backbone, settings)
        try model.setTraining(false)
        var seen: [String: Tensor] = [:]
        let prompted = try withoutGrad {
            try model.denseCLIP(model.backbone(images()), ForwardPass { seen[$0] = $1 })
        }
        let text = try #require(seen["text_embeddings"])
        let visual = try #require(seen["visual_embedding"])
        let pixels = try visual.permuted(0, 2, 3, 1).reshaped([2, 6, 20])
        let cosines = try pixels.normalized(2).matmul(text.normalized(2).transposed(1, 2)) / 0.07
        let expected = try cosines.reshaped([2, 2, 3, 3]).permuted(0, 3, 1, 2)
        let joined = try prompted.maps[3].narrowed(1, 256, 3)
        #expect(
            try (joined - expected).abs().amax().item() < 1e-4 && expected.abs().amax().item() > 1)
        #expect(try (prompted.scoreMaps[0] - expected).abs().amax().item() < 1e-4)
        #expect(
            seen["enlarged_score_map"]?.shape == [2, 3, 16, 24]
                && seen["class_text"]?.shape == [1, 3, 20])
    }

    /// Every class apart, at the finest level's positions within boxes.
    @Test func theLossByDefinition() throws {
        let model = try model(backbone, settings)
        let targets = try Targets(instances: [
            groundTruth([[8, 8, 40, 30]], [1]),
            groundTruth([[0, 0, 20, 20], [12, 4, 70, 60]], [0, 2]),
        ])
        var seen: [String: Tensor] = [:]
        let step = ForwardPass { seen[$0] = try $1.detached() }
        let prompter = try model.denseCLIP
        let prompted = try prompter(model.backbone(images()), step)
        let losses = try prompter.losses(prompted, targets, step)
        #expect(losses.entries.map(\.name) == ["loss_seg"])
        let map = try prompted.scoreMaps[0].interpolated(to: Size2D(16, 24), .bilinear())
            .contiguous().floats().map(Double.init)
        let target = try #require(seen["score_target"]).floats()
        let mask = try #require(seen["score_mask"]).floats()
        #expect(
            seen["score_target"]?.shape == [2, 3, 16, 24]
                && seen["score_mask"]?.shape == [2, 1, 16, 24])
        var sum = 0.0
        var count = 0.0
        for (index, logit) in map.enumerated()
        where mask[index / (3 * 384) * 384 + index % 384] == 1 {
            let p = 1 / (1 + exp(-logit))
            sum -= target[index] == 1 ? log(p) : log(1 - p)
            count += 1
        }
        #expect(
            try abs(losses.entries[0].value.item() - sum / count) < 1e-4 * sum / count
                && count > 100)
        try losses.entries[0].value.backward()
        #expect(try model.postModel.gamma.grad?.isFinite() == true)
    }

    /// The released code divides 0 by 0 here.
    @Test func aBatchWithoutBoxes() throws {
        let model = try model(backbone, settings)
        let prompter = try model.denseCLIP
        let prompted = try prompter(model.backbone(images()), ForwardPass())
        let losses = try prompter.losses(
            prompted, Targets(instances: [groundTruth([], []), groundTruth([], [])]), ForwardPass())
        #expect(try losses.entries[0].value.item() == 0)
        try losses.entries[0].value.backward()
        #expect(try model.postModel.gamma.grad?.abs().amax().item() == 0)
        let error = try #require(throws: TargetError.self) {
            try prompter.losses(prompted, Targets(), ForwardPass())
        }
        #expect(
            error.description
                == "a detection head needs the boxes of instances, and this data set has none")
    }

    @Test func aLossOfOneClass() throws {
        let error = try #require(throws: BuildError.self) {
            try model(backbone, "score_target: boxes")
        }
        #expect(
            error.underlying
                == "the loss CrossEntropy does not fit here: what is learned is yes or no for every element, and it is a loss for one "
                + "class of several for every pixel; one class of several for every box, background being one of them; losses that fit: "
                + "BinaryCrossEntropy, Focal")
    }

    /// Images larger than the grid of positions are an error; smaller ones see its corner.
    @Test func positionsAreCropped() throws {
        let model = try model(backbone, settings)
        try model.setTraining(false)
        let error = try #require(throws: SettingError.self) {
            try withoutGrad { try model.denseCLIP(model.backbone(images(96, 128)), ForwardPass()) }
        }
        #expect(
            error.description.hasPrefix("a map of 3×4 is larger than the grid of 3×3 positions"))
    }
}
