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
        public var assigner = Assigner()
        public var lossCls = ComponentNode(type: "Focal")
        public var lossBbox = ComponentNode(type: "L1")
        public var initialization = Initialization.prior
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

    /// Which anchors are things, by their IoU with the things in the image.
    public struct Assigner: YAMLConfiguration {
        /// From here on an anchor is the thing that it overlaps most.
        public var positive = 0.5
        /// Below, it is background; between the two it does not count.
        public var negative = 0.4
        /// The best anchors of a thing are it from here on, whatever the thresholds above.
        public var minPositive = 0.0
        public var matchesLowQuality = true

        public init() {}

        /// Throws `SettingError` for an IoU outside 0…1.
        func validate() throws {
            try SettingError.check("positive", positive, in: 0...1)
            try SettingError.check("negative", negative, in: 0...1)
            try SettingError.check("min_positive", minPositive, in: 0...1)
        }
    }

    /// How weights start.
    public enum Initialization: String, Codable, Sendable, CaseIterable {
        /// The paper's and mmdetection's own: small weights, and a probability of 0.01 for every class.
        case prior
        /// What layers are built with: DenseCLIP's released code never called the other. Every probability starts near 0.5, and the
        /// loss above 10,000: training needs its gradients clipped.
        case reference
    }
}
