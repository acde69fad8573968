import DenseKitCore

/// The region proposal network: at every position of every level, whether there is an object near
/// each of a few anchors, and how its box differs from the anchor. (Ren et al. 2015, section 3.1;
/// on a pyramid: Lin et al. 2017, section 4.1)
///
/// Maps `[n, c, hᵢ, wᵢ]` → logits `[n, a, hᵢ, wᵢ]` and deltas `[n, 4a, hᵢ, wᵢ]`.
final class RPNHead: Module {
    let rpnConv: Conv2d
    let rpnCls: Conv2d
    let rpnReg: Conv2d
    let lossCls: any Loss
    let lossBbox: any Loss
    let anchors: AnchorGenerator
    let coder: DeltaCoder
    let assigner: MaxIoUAssigner
    let sampler: RandomSampler
    let trainProposals: ProposalFilter
    let testProposals: ProposalFilter

    init(_ settings: MaskRCNN.RPN, channels: Int, _ context: BuildContext) throws {
        try SettingError.check("channels", settings.channels, in: 1...65536)
        anchors = try AnchorGenerator(
            strides: context.features.map(\.stride), ratios: settings.ratios,
            scales: settings.scales)
        rpnConv = try Conv2d(channels, settings.channels, kernel: 3, padding: 1)
        rpnCls = try Conv2d(settings.channels, anchors.perPosition, kernel: 1)
        rpnReg = try Conv2d(settings.channels, 4 * anchors.perPosition, kernel: 1)
        lossCls = try context.loss(settings.lossCls, for: .yesOrNo)
        lossBbox = try context.loss(settings.lossBbox, for: .numbers)
        coder = try DeltaCoder()
        assigner = try SettingError.within("assigner") { try settings.assigner.make() }
        sampler = try SettingError.within("sampler") {
            try settings.sampler.make(addsGroundTruth: false)
        }
        trainProposals = try SettingError.within("train_proposals") {
            try settings.trainProposals.made
        }
        testProposals = try SettingError.within("test_proposals") {
            try settings.testProposals.made
        }
    }

    /// The outputs of the layers for a batch, and the anchors they belong to; an entry for each
    /// level.
    struct Output {
        let logits: [Tensor]  // [n, hᵢ wᵢ a]
        let deltas: [Tensor]  // [n, hᵢ wᵢ a, 4]
        let anchors: [Tensor]  // [hᵢ wᵢ a, 4]
        let sizes: [Size2D]
    }

    func callAsFunction(_ maps: [Tensor], _ step: ForwardPass) throws -> Output {
        var (logits, deltas): ([Tensor], [Tensor]) = ([], [])
        for (level, map) in maps.enumerated() {
            let (scores, boxes) = try layers(map)
            try step.record(["rpn_cls.\(level)": scores, "rpn_bbox.\(level)": boxes])
            let n = map.size(0)
            logits.append(try scores.to(.float32).permuted(0, 2, 3, 1).reshaped([n, -1]))
            deltas.append(try boxes.to(.float32).permuted(0, 2, 3, 1).reshaped([n, -1, 4]))
        }
        let sizes = maps.map { Size2D($0.size(2), $0.size(3)) }
        return Output(
            logits: logits, deltas: deltas,
            anchors: try anchors.anchors(for: sizes, on: maps[0].device), sizes: sizes)
    }

    func layers(_ map: Tensor) throws -> (logits: Tensor, deltas: Tensor) {
        let x = try rpnConv(map, norm: nil, relu: true)
        return try (rpnCls(x), rpnReg(x))
    }

    /// The boxes of an image that go to the second stage, those with the highest scores first:
    /// `[p, 4]` and their scores `[p]`. Without gradient.
    func proposals(_ output: Output, image: Int, in size: Size2D) throws -> (
        boxes: Tensor, scores: Tensor
    ) {
        try withoutGrad {
            try (isTraining ? trainProposals : testProposals).proposals(
                scores: output.logits.map { try $0.selected(0, image).sigmoid() },
                deltas: output.deltas.map { try $0.selected(0, image) }, anchors: output.anchors,
                coder: coder, in: size)
        }
    }
}
