import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

/// A whole configuration file: model, data, training, test.
public struct ExperimentConfiguration: YAMLConfiguration {
    /// Swift files with components of one's own, relative to the file that names them.
    public var plugins: [Located<String>] = []
    public var model = ModelConfiguration()
    public var data = DataConfiguration()
    public var optimizer = ComponentNode(type: "AdamW")
    public var schedule = ComponentNode(type: "Poly")
    public var train = TrainConfiguration()
    public var test = TestConfiguration()
    /// What happens around the training loop besides logging, checkpoints and validation.
    public var hooks: [ComponentNode] = []
    /// Where results go; `./work_dirs/<name of the config>` if left out.
    public var workDir: String?

    public init() {}
}

/// The `data:` part.
public struct DataConfiguration: YAMLConfiguration {
    public var train: ComponentNode?
    public var val: ComponentNode?
    public var trainPipeline: [ComponentNode] = []
    public var testPipeline: [ComponentNode] = []
    /// Threads that read and transform.
    public var workers = 2
    /// What becomes of a training sample that cannot be read.
    public var badImage = DataLoader.BadImage.error
    /// Where they are skipped: training stops once more than this share of its images cannot be read.
    public var maxBadShare = 0.1
    /// As many training samples in a row are all landscape or all portrait pictures; 1 for no such rule.
    public var orientationRun = 1

    public init() {}
}

/// The `train:` part.
public struct TrainConfiguration: YAMLConfiguration {
    public var iterations = 80000
    /// Passes through the data set, in place of `iterations`.
    public var epochs: Int?
    /// Images an iteration in all: processes × images at a time × accumulation. A recipe means the same on any machine.
    public var batch = 32
    /// Images at a time on one device; the rest of the batch is accumulated. All of them if left out.
    public var perDeviceBatch: Int?
    public var seed: UInt64 = 0
    public var precision = Precision.float32
    /// Upper bound of the gradients' common length, where they are clipped.
    public var clipNorm: Double?
    public var logInterval = 50
    public var evalInterval = 8000
    public var checkpointInterval = 8000
    /// How many periodic checkpoints stay.
    public var keepCheckpoints = 3
    /// Iterations in a row whose loss may be infinite or not a number before training stops. Such an iteration changes nothing.
    public var maxBadLosses = 10

    public init() {}
}

/// Arithmetic of matrix products and convolutions. Weights and their updates are float32 always.
public enum Precision: String, Codable, Sendable, CaseIterable {
    case float32, bfloat16

    public var dtype: DType? { self == .bfloat16 ? .bfloat16 : nil }
}

/// The `test:` part.
public struct TestConfiguration: YAMLConfiguration {
    public enum Mode: String, Codable, Sendable, CaseIterable { case whole, slide }

    public var mode = Mode.whole
    /// Window of sliding inference: a side, or [height, width].
    public var crop = Size2D(512)
    public var stride = Size2D(341)
    public var precision = Precision.float32
    /// Test-time augmentation, used by `test --tta`.
    public var ratios = [0.5, 0.75, 1, 1.25, 1.5, 1.75]
    public var flip = true

    public init() {}

    /// How images are looked at. Throws `SettingError` for windows that leave gaps, and sides outside 1…65535.
    public var inferenceMode: InferenceMode {
        get throws {
            let (crop, stride) = (try crop.checked("test", "crop"), try stride.checked("test", "stride"))
            guard mode == .slide else { return .whole }
            guard crop.height >= stride.height, crop.width >= stride.width else {
                throw SettingError(
                    "test", "stride",
                    "expected at most the crop \(crop.height)×\(crop.width), found \(stride.height)×\(stride.width): windows would leave gaps"
                )
            }
            return .slide(crop: Size2D(crop.height, crop.width), stride: Size2D(stride.height, stride.width))
        }
    }
}
