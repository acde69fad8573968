import DenseKitCore

extension MaskRCNN {
    /// The settings of a Mask R-CNN head in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The settings of the region proposal network.
        public var rpn = RPN()
        /// The settings of the branch that predicts classes and boxes.
        public var box = BoxBranch()
        /// The settings of the branch that predicts masks; nil for Faster R-CNN, which predicts
        /// boxes alone.
        public var mask: MaskBranch? = MaskBranch()
        /// The number of finest levels that box features are cut from, at most, 1…100; coarser
        /// levels are for proposals alone.
        public var roiLevels = 4
        /// In pixels: boxes with sides (√area) below twice this are cut from the finest level,
        /// below four times from the second, and so on.
        public var finestScale = 56.0
        /// Samples in each direction within a cell of the box features, 0…64; 0 for as many as the
        /// cell has positions of the map.
        public var samplingRatio = 0
        /// How the weights start: with `prior` as in mmdetection, with small weights and zero
        /// biases.
        public var initialization = DetectorInitialization.prior

        public init() {}
    }

    /// The settings of the region proposal network. (Ren et al. 2015, section 3.1)
    public struct RPN: YAMLConfiguration {
        /// Channels of the network's 3×3 convolution, 256 by default.
        public var channels = 256
        /// Sides of the anchors, in strides of their level.
        public var scales = [8.0]
        /// Shapes of the anchors: height divided by width.
        public var ratios = [0.5, 1.0, 2.0]
        /// The IoU thresholds by which anchors become positive (0.7 and above) or negative (below
        /// 0.3) in training.
        public var assigner = AssignerSettings(positive: 0.7, negative: 0.3, minPositive: 0.3)
        /// How many anchors of an image are trained on: 256 by default, at most half of them
        /// positive.
        public var sampler = SamplerSettings(count: 256, positiveFraction: 0.5)
        /// The loss of whether a sampled anchor is an instance; a loss for yes or no.
        public var lossCls = ComponentNode(type: "BinaryCrossEntropy")
        /// The regression loss of the positive anchors' deltas; a loss for numbers.
        public var lossBbox = ComponentNode(type: "L1")
        /// The proposals that the second stage is trained on, 1000 of an image by default.
        public var trainProposals = Proposals(perLevel: 2000, count: 1000)
        /// The proposals that the second stage predicts from, 1000 of an image by default.
        public var testProposals = Proposals(perLevel: 1000, count: 1000)

        public init() {}
    }

    /// Which proposed boxes go to the second stage.
    public struct Proposals: YAMLConfiguration {
        /// Boxes with the highest scores that are kept in each level before non-maximum
        /// suppression, 1…1,000,000.
        public var perLevel = 1000
        /// The IoU, 0…1, above which the box with the lower score of two of one level is removed.
        public var nmsThreshold = 0.7
        /// Boxes with the highest scores of all levels that are kept after suppression,
        /// 1…1,000,000.
        public var count = 1000
        /// Boxes must be wider and higher than this, in pixels.
        public var minSize = 0.0

        public init() {}

        init(perLevel: Int, count: Int) {
            self.perLevel = perLevel
            self.count = count
        }
    }

    /// The settings of the branch that predicts the class and the box of each proposal.
    public struct BoxBranch: YAMLConfiguration {
        /// Side of the grid of features that is cut from the maps for a box, 1…500.
        public var roiSize = 7
        /// Fully connected layers before the classifier and the regressor, 0…100.
        public var layers = 2
        /// Channels of the fully connected layers, 1024 by default.
        public var channels = 1024
        /// Whether one box is predicted for all classes, instead of one for each class.
        public var classAgnostic = false
        /// Standard deviations of the deltas of x, y, width and height: training targets are
        /// divided by them, predictions multiplied.
        public var stds = [0.1, 0.1, 0.2, 0.2]
        /// The IoU thresholds by which proposals become positive (0.5 and above) or background in
        /// training.
        public var assigner = AssignerSettings(positive: 0.5, negative: 0.5, minPositive: 0.5)
        /// How many proposals of an image are trained on: 512 by default, at most a quarter of them
        /// positive.
        public var sampler = SamplerSettings(count: 512, positiveFraction: 0.25)
        /// The classification loss of the sampled proposals; a loss for one class of several,
        /// background included.
        public var lossCls = ComponentNode(type: "CrossEntropy")
        /// The regression loss of the positive proposals' deltas; a loss for numbers.
        public var lossBbox = ComponentNode(type: "L1")
        /// The score that detections must exceed, 0…1.
        public var scoreThreshold = 0.05
        /// The IoU, 0…1, above which the detection with the lower score of two of one class is
        /// removed.
        public var nmsThreshold = 0.5
        /// The most detections of an image, 1…1,000,000.
        public var maxPerImage = 100

        public init() {}
    }

    /// The settings of the branch that predicts a mask for each detected box. (He et al. 2017,
    /// section 3)
    public struct MaskBranch: YAMLConfiguration {
        /// Side of the grid of features that is cut from the maps for a box, 1…500; masks have
        /// twice as many cells a side.
        public var roiSize = 14
        /// 3×3 convolutions before the upsampling, 0…100.
        public var convs = 4
        /// Channels of the convolutions and of the upsampling, 256 by default.
        public var channels = 256
        /// Whether one mask is predicted for all classes, instead of one for each class.
        public var classAgnostic = false
        /// The loss of the masks of positive proposals; a loss for yes or no.
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
            return try ProposalFilter(
                preNMS: perLevel, nmsThreshold: nmsThreshold, max: count, minimumSize: minSize)
        }
    }
}
