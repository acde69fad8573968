import DenseKitCore

extension RetinaNet {
    /// The settings of a RetinaNet head in YAML.
    public struct Configuration: YAMLConfiguration {
        /// 3×3 convolutions of each branch before its last, 0…100.
        public var convs = 4
        /// Channels of the branches' convolutions, 256 by default.
        public var channels = 256
        /// Side of the smallest anchor of a level, in strides of the level, above 0 and up to 1000.
        public var baseScale = 4.0
        /// Sizes of anchors of each shape at a position, 1…100; each is 2^(1/count) times as large
        /// as the one before.
        public var scalesPerOctave = 3
        /// Shapes of the anchors: height divided by width.
        public var ratios = [0.5, 1.0, 2.0]
        /// Standard deviations of the deltas of x, y, width and height: training targets are
        /// divided by them, predictions multiplied.
        public var stds = [1.0, 1.0, 1.0, 1.0]
        /// The IoU thresholds by which anchors become positive (0.5 and above) or negative (below
        /// 0.4).
        public var assigner = AssignerSettings(positive: 0.5, negative: 0.4, minPositive: 0)
        /// The classification loss of all anchors; a loss for independent classes.
        public var lossCls = ComponentNode(type: "Focal")
        /// The regression loss of the positive anchors' deltas; a loss for numbers.
        public var lossBbox = ComponentNode(type: "L1")
        /// How the weights start: with `prior` every class has a probability of 0.01 at first.
        public var initialization = DetectorInitialization.prior
        /// Anchors with the highest scores that are kept in each level before non-maximum
        /// suppression, 1…1,000,000.
        public var perLevel = 1000
        /// The score that detections must exceed, 0…1.
        public var scoreThreshold = 0.05
        /// The IoU, 0…1, above which the detection with the lower score of two of one class is
        /// removed.
        public var nmsThreshold = 0.5
        /// The most detections of an image, 1…1,000,000.
        public var maxPerImage = 100

        public init() {}
    }
}
