import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

/// All settings of a configuration file: model, data, training, test.
public struct ExperimentConfiguration: YAMLConfiguration {
    /// Swift files with components of one's own; paths are relative to the file that names them.
    public var plugins: [LocatedValue<String>] = []
    /// The `model:` part: backbone, neck, heads and weights.
    public var model = ModelConfiguration()
    /// The `data:` part: data sets and pipelines.
    public var data = DataConfiguration()
    /// The optimizer and its settings; AdamW by default.
    public var optimizer = ComponentNode(type: "AdamW")
    /// The schedule of the learning rate and its settings; Poly by default.
    public var schedule = ComponentNode(type: "Poly")
    /// The `train:` part: length, batch, precision and intervals.
    public var train = TrainConfiguration()
    /// The `test:` part: windows and test-time augmentation.
    public var test = TestConfiguration()
    /// Hooks of training besides logging, checkpoints and validation; none by default.
    public var hooks: [ComponentNode] = []
    /// The directory for results; nil for `./work_dirs/<name of the configuration>`.
    public var workDir: String?

    /// Every setting at its default.
    public init() {}
}

/// The `data:` part of a configuration: data sets, pipelines and how images are read.
public struct DataConfiguration: YAMLConfiguration {
    /// The training set; nil where the configuration does not train.
    public var train: ComponentNode?
    /// The validation set; nil for no validation.
    public var val: ComponentNode?
    /// The transforms of training images, in this order.
    public var trainPipeline: [ComponentNode] = []
    /// The transforms of images at test time, in this order.
    public var testPipeline: [ComponentNode] = []
    /// Threads that read and transform images, 1…1024; 2 by default.
    public var workers = 2
    /// What happens to a training image that cannot be read: `error` stops training, `skip` takes
    /// another image in its place.
    public var badImage = DataLoader.BadImage.error
    /// With `badImage` `skip`, the share of the training images, 0…1, that may be unreadable before
    /// training stops; 0.1 by default.
    public var maxBadShare = 0.1
    /// The number of consecutive training images that are all landscape or all portrait, so that
    /// batches need little padding, 1…65536; 1 shuffles freely.
    public var aspectRatioGrouping = 1

    /// Every setting at its default.
    public init() {}
}

/// The `train:` part of a configuration: length, batch, precision and intervals.
public struct TrainConfiguration: YAMLConfiguration {
    /// The length of training in iterations, 1…10⁹; 80000 by default. `epochs` replaces it.
    public var iterations = 80000
    /// The length of training in passes through the data set, 1…10⁶; nil to count in `iterations`.
    public var epochs: Int?
    /// Images of one iteration, 1…65536: images of a pass × accumulation. The recipe does not
    /// depend on the machine. 32 by default.
    public var batch = 32
    /// Images of one pass on a device, a divisor of `batch`; gradients of the passes are
    /// accumulated. Nil for the whole batch in one pass.
    public var perDeviceBatch: Int?
    /// The seed of weights, shuffling, transforms and dropout; 0 by default.
    public var seed: UInt64 = 0
    /// The arithmetic of forward passes; float32 by default.
    public var precision = Precision.float32
    /// The largest norm of all gradients together, above 0 and at most 10¹²; larger gradients are
    /// scaled down. Nil for no clipping.
    public var clipNorm: Double?
    /// Iterations between two log lines; 50 by default.
    public var logInterval = 50
    /// Iterations between two validations; 8000 by default. The last iteration is validated, too.
    public var evalInterval = 8000
    /// Iterations between two checkpoints; 8000 by default. The last iteration is saved, too.
    public var checkpointInterval = 8000
    /// The number of periodic checkpoints to keep, 3 by default; older ones are deleted. The best
    /// one is kept in addition.
    public var keepCheckpoints = 3
    /// Whether the statistics of batch norms in training are those of the batches of all processes
    /// together: with `auto` where there are several, which is the default.
    public var syncBatchNorm = SyncBatchNorm.auto
    /// Iterations between two comparisons of the weights of all processes, 1…10⁹; nil compares them
    /// at the start alone.
    public var weightsCheckInterval: Int?
    /// Consecutive iterations with a loss that is not finite after which training stops; 10 by
    /// default. Such an iteration changes nothing.
    public var maxBadLosses = 10

    /// Every setting at its default.
    public init() {}
}

/// Whether batch norms use the statistics of all processes (SyncBN). Checkpoints have the same keys.
public enum SyncBatchNorm: String, Codable, Sendable, CaseIterable {
    /// Where there are several processes.
    case auto
    /// Where there are several processes; a single one is all there is.
    case `true`
    /// Each process uses those of its own images.
    case `false`
}

/// The arithmetic of matrix products and convolutions. Weights and their updates are always
/// float32.
public enum Precision: String, Codable, Sendable, CaseIterable {
    /// Single precision everywhere.
    case float32
    /// Matrix products and convolutions in bfloat16, the rest in float32.
    case bfloat16
    /// Matrix products and convolutions in float16, the rest in float32. Losses are scaled, so that
    /// small gradients do not become 0 (`GradientScaler`).
    case float16

    /// The data type of autocast; nil for float32, which needs none.
    public var dtype: DType? {
        switch self {
        case .float32: nil
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }

    /// Whether training needs a `GradientScaler`: in float16, whose range is small.
    public var needsScaler: Bool { self == .float16 }
}

/// The `test:` part of a configuration: windows, precision and test-time augmentation.
public struct TestConfiguration: YAMLConfiguration {
    /// Whether the model sees the whole image or sliding windows.
    public enum Mode: String, Codable, Sendable, CaseIterable {
        /// The whole image at once.
        case whole
        /// Windows of `crop` pixels, `stride` pixels apart; where they overlap, logits are
        /// averaged.
        case slide
    }

    /// Whole images or sliding windows; whole by default.
    public var mode = Mode.whole
    /// The window of sliding inference in pixels, a side or `[height, width]`; 512 by default.
    public var crop = Size2D(512)
    /// The step between windows in pixels, a side or `[height, width]`, at most the crop; 341 by
    /// default.
    public var stride = Size2D(341)
    /// The arithmetic of forward passes; float32 by default.
    public var precision = Precision.float32
    /// Scales of test-time augmentation, 1…64 factors of 0.01…16; without augmentation they have no
    /// effect.
    public var ratios = [0.5, 0.75, 1, 1.25, 1.5, 1.75]
    /// Whether test-time augmentation also uses every scale flipped horizontally; true by default.
    public var flip = true

    /// Every setting at its default.
    public init() {}

    /// The inference mode that `mode`, `crop` and `stride` describe.
    /// - Throws: `SettingError` for a stride above the crop, which leaves gaps, and for sides
    ///   outside 1…65535.
    public var inferenceMode: InferenceMode {
        get throws {
            let crop = try crop.checked("test", "crop")
            let stride = try stride.checked("test", "stride")
            guard mode == .slide else { return .whole }
            guard crop.height >= stride.height, crop.width >= stride.width else {
                throw SettingError(
                    "test", "stride",
                    "expected at most the crop \(crop.height)×\(crop.width), found \(stride.height)×\(stride.width): windows would leave gaps"
                )
            }
            return .slide(
                crop: Size2D(crop.height, crop.width), stride: Size2D(stride.height, stride.width))
        }
    }
}
