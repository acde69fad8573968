import DenseKitCore

/// Some iterations of training: loss and learning rate of each, and what became of the parameters.
struct Trajectory {
    private let golden: GoldenCase
    private let settings: Settings
    private let network: Network
    private let nameFailures: [Comparison]
    private let optimizer: any Optimizer
    private let schedule: any Schedule
    private let loss: any Loss
    private let clipping: GradientClipping?
    private let device: Device

    private struct Settings: Decodable {
        struct Configuration: Decodable {
            let optimizer: [String: GoldenJSON]
            let lr_config: [String: GoldenJSON]
            let max_iters: Int
        }
        let config: Configuration
        let group_order: [String]
        let group_base_lr: [Double]?
        let group_weight_decay: [Double]?
        let lr_exact: [[Double]]?
    }

    init(_ golden: GoldenCase, _ registry: Registry, _ device: Device) throws {
        self.golden = golden
        self.device = device
        try golden.check("config", knows: "model optimizer optimizer_config lr_config max_iters")
        try golden.check("loss", knows: "ignore_index")
        try golden.checkInputs("img gt_semantic_seg")
        settings = try golden.decoded()
        clipping = try golden.gradientClipping()
        let recipes = try Recipes(
            golden, optimizer: settings.config.optimizer, schedule: settings.config.lr_config)
        let context = BuildContext(registry: registry)
        network = try Network(golden)
        nameFailures = try fill(network, golden)
        try network.move(to: device)
        optimizer = try registry.optimizers.make(recipes.optimizer, context).optimizer(
            for: network.namedParameters())
        schedule = try registry.schedules.make(recipes.schedule, context)
        loss = try registry.losses.make(ComponentNode(type: "CrossEntropy"), context)
        guard (1...100_000).contains(settings.config.max_iters) else {
            throw GoldenCaseError(golden.path, "has max_iters \(settings.config.max_iters)")
        }
    }

    func comparisons() throws -> [Comparison] {
        var groupOf: [String: Int] = [:]
        for (index, group) in optimizer.groups.enumerated() {
            for name in group.names { groupOf[name] = index }
        }
        let places = settings.group_order.map { groupOf[$0] }
        let missing = zip(settings.group_order, places).filter { $1 == nil }
            .map { name, _ in
                Comparison(failure: "lr/\(name)", "no group of the optimizer has this parameter")
            }

        let (losses, rates, norms) = try train()
        let ofParameter = rates.map { rates in places.map { $0.map { rates[$0] } ?? .nan } }
        var outputs = try [
            "loss": Tensor.from(losses),
            "lr": Tensor.from(
                ofParameter.joined().map(Float.init), shape: [rates.count, places.count]),
        ]
        if clipping != nil { outputs["grad_norm"] = try Tensor.from(norms) }
        for entry in try network.namedTensors() { outputs["final/\(entry.name)"] = entry.tensor }
        let answers = try TensorFile.load(golden.expectedOutputsPath).tensors
        return try nameFailures + missing + groups(places) + exactRates(ofParameter)
            + compare(outputs, with: answers, golden)
    }

    /// Losses before each update, the rate of every group, and where gradients are clipped their
    /// common norm before that.
    private func train() throws -> (losses: [Float], rates: [[Double]], norms: [Float]) {
        guard let image = try golden.input("img")?.to(device),
            let labels = try golden.input("gt_semantic_seg")?.to(device)
        else {
            throw GoldenCaseError(golden.path, "needs the inputs img and gt_semantic_seg")
        }
        let options = LossOptions(ignoreIndex: try golden.integer("loss.ignore_index") ?? 255)
        let total = settings.config.max_iters
        var (losses, rates, norms): ([Float], [[Double]], [Float]) = ([], [], [])
        try network.setTraining(true)
        let step = try TrainingStep(network, optimizer, clipping: clipping, on: device)
        for iteration in 0..<total {
            let now = optimizer.learningRates(schedule, iteration: iteration, of: total)
            let result = try step(learningRates: now) { _ in
                var terms = Losses()
                terms.add(term: loss.name, try loss(network(image), labels, options))
                return terms
            }
            if clipping != nil { norms.append(Float(result.gradientNorm ?? .nan)) }
            losses.append(Float(result.loss))
            rates.append(now)
        }
        return (losses, rates, norms)
    }

    /// The network's parameters as they are now, by name: as the case gives them before
    /// `comparisons()`, trained after it.
    func parameters() throws -> [String: [Float]] {
        try Dictionary(
            uniqueKeysWithValues: network.namedParameters().map {
                ($0.name, try $0.tensor.floats())
            })
    }

    /// Rate and decay that every parameter starts from.
    private func groups(_ places: [Int?]) -> [Comparison] {
        let chosen = places.map { $0.map { optimizer.groups[$0] } }
        let decay = settings.config.optimizer["weight_decay"]?.number ?? .nan
        var result: [Comparison] = []
        if let expected = settings.group_base_lr {
            let ours = chosen.map {
                $0.map { optimizer.baseLearningRate * $0.learningRateMultiplier } ?? .nan
            }
            result.append(Comparison("group_base_lr", ours: ours, reference: expected, .rounding))
        }
        if let expected = settings.group_weight_decay {
            let ours = chosen.map { $0.map { decay * $0.decayMultiplier } ?? .nan }
            result.append(
                Comparison("group_weight_decay", ours: ours, reference: expected, .rounding))
        }
        return result
    }

    private func exactRates(_ ours: [[Double]]) -> [Comparison] {
        guard let expected = settings.lr_exact else { return [] }
        return [
            Comparison(
                "lr_exact", ours: ours.flatMap { $0 }, reference: expected.flatMap { $0 }, .rounding
            )
        ]
    }

    /// `conv_seg(relu(norm(backbone(img) · gain)))` with
    /// `backbone(x) = conv2(relu(norm1(conv1(x))))`: a network whose parameters have the names that
    /// multipliers distinguish. Channels are those of the case's parameters.
    private final class Network: Module {
        let backbone: Backbone
        let textEncoder: TextEncoder
        let norm: BatchNorm2d
        let convSeg: Conv2d

        init(_ golden: GoldenCase) throws {
            func shape(_ name: String) throws -> [Int] {
                let shape = golden.parameters.first { $0.name == name }?.shape
                guard let shape, shape.count == 4, shape.allSatisfy({ 1...4096 ~= $0 }) else {
                    throw GoldenCaseError(golden.path, "has no parameter \(name) of a convolution")
                }
                return shape
            }
            let first = try shape("backbone.conv1.weight")
            let second = try shape("backbone.conv2.weight")
            backbone = try Backbone(first[1], first[0], second[0])
            textEncoder = try TextEncoder(second[0])
            norm = try BatchNorm2d(second[0])
            convSeg = try Conv2d(second[0], shape("conv_seg.weight")[0], kernel: 1)
        }

        func callAsFunction(_ image: Tensor) throws -> Tensor {
            try convSeg(norm(backbone(image) * textEncoder.gain.reshaped([1, -1, 1, 1])).relu())
        }

        final class Backbone: Module {
            let conv1: Conv2d
            let norm1: BatchNorm2d
            let conv2: Conv2d

            init(_ inChannels: Int, _ channels: Int, _ outChannels: Int) throws {
                conv1 = try Conv2d(inChannels, channels, kernel: 3, padding: 1, bias: false)
                norm1 = try BatchNorm2d(channels)
                conv2 = try Conv2d(
                    channels, outChannels, kernel: 3, stride: 2, padding: 1, bias: false)
            }

            func callAsFunction(_ x: Tensor) throws -> Tensor { try conv2(norm1(conv1(x)).relu()) }
        }

        final class TextEncoder: Module {
            @Parameter var gain: Tensor  // [c]

            init(_ channels: Int) throws { gain = try Tensor.ones([channels]) }
        }
    }
}
