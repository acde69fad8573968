import DenseKitCore

extension MaskRCNN {
    public struct Configuration: YAMLConfiguration {
        public var rpn = RPN()
        public var box = BoxBranch()
        /// null for Faster R-CNN, which finds boxes alone.
        public var mask: MaskBranch? = MaskBranch()
        /// How many of the finest levels boxes are cut out of, at most; coarser ones are for proposals alone.
        public var roiLevels = 4
        /// Boxes of twice this side, in pixels, are cut out of the second level, of four times of the third, and so on.
        public var finestScale = 56.0
        /// Samples in each direction within a cell of what is cut out; 0 for as many as a cell has pixels.
        public var samplingRatio = 0
        /// With `prior` classifiers and regressors begin with even odds and unmoved boxes.
        public var initialization = DetectorInitialization.prior

        public init() {}
    }

    /// The region proposal network.
    public struct RPN: YAMLConfiguration {
        public var channels = 256
        /// Sides of the anchors, in strides of their level.
        public var scales = [8.0]
        /// Heights to widths.
        public var ratios = [0.5, 1.0, 2.0]
        public var assigner = AssignerSettings(positive: 0.7, negative: 0.3, minPositive: 0.3)
        public var sampler = SamplerSettings(count: 256, positiveFraction: 0.5)
        public var lossCls = ComponentNode(type: "BinaryCrossEntropy")
        public var lossBbox = ComponentNode(type: "L1")
        public var trainProposals = Proposals(perLevel: 2000, count: 1000)
        public var testProposals = Proposals(perLevel: 1000, count: 1000)

        public init() {}
    }

    /// Which of the boxes that the network proposes go on.
    public struct Proposals: YAMLConfiguration {
        /// The most certain of each level, before suppression.
        public var perLevel = 1000
        /// Above this IoU the less certain of two boxes of one level goes.
        public var nmsThreshold = 0.7
        /// The most certain of all levels, after it.
        public var count = 1000
        /// Boxes must be wider and higher than this, in pixels.
        public var minSize = 0.0

        public init() {}

        init(perLevel: Int, count: Int) { (self.perLevel, self.count) = (perLevel, count) }
    }

    /// The branch of classes and boxes.
    public struct BoxBranch: YAMLConfiguration {
        /// Side of the grid that is cut out of the maps for a box.
        public var roiSize = 7
        /// Fully connected layers before the classifier, and their width.
        public var layers = 2
        public var channels = 1024
        /// Whether all classes share a box, instead of one each.
        public var classAgnostic = false
        /// Of what is learnt of x, y, width and height, which is divided by it.
        public var stds = [0.1, 0.1, 0.2, 0.2]
        public var assigner = AssignerSettings(positive: 0.5, negative: 0.5, minPositive: 0.5)
        public var sampler = SamplerSettings(count: 512, positiveFraction: 0.25)
        public var lossCls = ComponentNode(type: "CrossEntropy")
        public var lossBbox = ComponentNode(type: "L1")
        /// Detections score more than this.
        public var scoreThreshold = 0.05
        /// Above this IoU the less certain of two detections of a class goes.
        public var nmsThreshold = 0.5
        /// Detections of an image, at most.
        public var maxPerImage = 100

        public init() {}
    }

    /// The branch of masks.
    public struct MaskBranch: YAMLConfiguration {
        /// Side of the grid that is cut out of the maps for a box; masks have twice as many cells a side.
        public var roiSize = 14
        /// 3×3 convolutions before the upsampling, and their channels.
        public var convs = 4
        public var channels = 256
        /// Whether all classes share a mask, instead of one each.
        public var classAgnostic = false
        public var loss = ComponentNode(type: "BinaryCrossEntropy")

        public init() {}
    }
}

extension MaskRCNN.Proposals {
    var made: ProposalFilter {
        get throws {
            try SettingError.check("per_level", perLevel, in: 1...1_000_000)
            try SettingError.check("nms_threshold", nmsThreshold, in: 0...1)
            try SettingError.check("count", count, in: 1...1_000_000)
            try SettingError.check("min_size", minSize, in: 0...1e6)
            return try ProposalFilter(preNMS: perLevel, nmsThreshold: nmsThreshold, max: count, minimumSize: minSize)
        }
    }
}
