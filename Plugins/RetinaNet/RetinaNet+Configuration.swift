import DenseKitCore

extension RetinaNet {
    public struct Configuration: YAMLConfiguration {
        /// 3×3 convolutions of each branch before its last, and their channels.
        public var convs = 4
        public var channels = 256
        /// Side of the smallest anchor, in strides of its level.
        public var baseScale = 4.0
        /// Anchors of one shape at a position, each 2^(1/count) times as large as the one before.
        public var scalesPerOctave = 3
        /// Heights to widths.
        public var ratios = [0.5, 1.0, 2.0]
        /// Of what is learnt of x, y, width and height, which is divided by it.
        public var stds = [1.0, 1.0, 1.0, 1.0]
        public var assigner = AssignerSettings(positive: 0.5, negative: 0.4, minPositive: 0)
        public var lossCls = ComponentNode(type: "Focal")
        public var lossBbox = ComponentNode(type: "L1")
        /// With `prior` every class begins with a probability of 0.01.
        public var initialization = DetectorInitialization.prior
        /// The most certain boxes of each level, before suppression.
        public var perLevel = 1000
        /// Detections score more than this.
        public var scoreThreshold = 0.05
        /// Above this IoU the less certain of two detections of a class goes.
        public var nmsThreshold = 0.5
        /// Detections of an image, at most.
        public var maxPerImage = 100

        public init() {}
    }
}
