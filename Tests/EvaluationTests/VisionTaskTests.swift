import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision
import Testing

private struct Bare: HeadTask { let verb = "dreams" }

private final class BareHead: Module, Head {
    struct Configuration: YAMLConfiguration {}
    let conv: Conv2d
    let checkpointKey = "decode_head"
    var task: any HeadTask { Bare() }

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        conv = try Conv2d(3, 1, kernel: 1)
    }
    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        Losses()
    }
    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        DetectionPredictions([])
    }
}

private final class Plain: Module, Backbone {
    struct Configuration: YAMLConfiguration {}
    let outputs = [FeatureSpec(channels: 3, stride: 1)]

    init(_ configuration: Configuration) {}
    func callAsFunction(_ images: Tensor) throws -> Features { Features(maps: [images]) }
}

private struct BarePlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.heads.register("BareHead", BareHead.init)
        registry.backbones.register("Plain", Plain.init)
    }
}

@Test("A task that is nothing but a name is told from one that can be evaluated")
func bareTask() throws {
    let context = BuildContext(registry: try Registry([BarePlugin()]), classNames: ["a"])
    let model = try DenseModel(.decode(yaml: "{backbone: Plain, head: BareHead}"), context)
    let error = try #require(throws: TaskError.self) { try model.task }
    #expect(
        "\(error)"
            == "the task Bare of the head BareHead does not say how it is evaluated and drawn; let Bare conform to VisionTask"
    )
}

private struct Labelled: Dataset {
    let classes = ClassList(names: ["a"])
    let count = 1

    func sample(at index: Int) throws -> DataSample {
        try DataSample(
            name: "a", image: RGBImage(height: 2, width: 2),
            labels: LabelMap(height: 2, width: 2, fill: 0))
    }
}

@Test("A task says which data fit, and what it has no use for")
func tasksSayWhatFits() throws {
    let segmentation = SegmentationTask()
    let detection = DetectionTask(masks: true)
    #expect(segmentation.mismatch(with: Labelled(), training: true) == nil)
    let mismatch = try #require(detection.mismatch(with: Labelled(), training: false))
    #expect(
        mismatch.head == "finds separate instances"
            && mismatch.data == "has a class for every pixel"
    )
    #expect(
        segmentation.oneViewReason == nil
            && detection.oneViewReason == "a detector takes the whole image at one scale")
    #expect(segmentation.takesClassMaps && !detection.takesClassMaps)
    #expect(!segmentation.writesResults && detection.writesResults)
    #expect(
        !segmentation.wantsMasks && detection.wantsMasks && !DetectionTask(masks: false).wantsMasks)
}

@Test("What is annotated is drawn as predictions are")
func annotationOfLabels() throws {
    var sample = try Labelled().sample(at: 0)
    let annotation = try Labelled().annotation(of: &sample, at: 0)
    #expect((annotation as? LabelPrediction)?.labels == LabelMap(height: 2, width: 2, fill: 0))
    let instance = DetectedInstance(
        box: BoundingBox(x1: 0, y1: 0, x2: 1, y2: 1), label: 0, score: 0.2)
    var annotated = instance
    annotated.score = nil
    let filtered = InstancePrediction([instance, annotated]).filtered(scoreThreshold: 0.3)
    #expect(filtered.instances == [annotated])
}
