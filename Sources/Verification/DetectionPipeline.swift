import DenseKitCore

/// What becomes of sizes and boxes on the way to a detector, and its learning rates: the tables of
/// a case of the procedure `pipeline`.
struct DetectionPipeline {
    private let golden: GoldenCase
    private let tables: Tables
    private let registry: Registry

    private struct Tables: Decodable {
        struct Resize: Decodable {
            let size_wh: [Int]
            let scale: [Int]
            let new_wh: [Int]
            let scale_factor: [Double]
        }
        struct Boxes: Decodable {
            let image_wh: [Int]
            let new_wh: [Int]
            let input: [[Float]]
            let resized: [[Float]]
            let flipped: [[Float]]
        }
        struct Rates: Decodable {
            struct Value: Decodable {
                let iteration: Int
                let lr: Double
            }
            let base: Double
            let policy: String
            let values: [Value]
        }
        let resize: [Resize]?
        let boxes: Boxes?
        let learning_rate: Rates?
    }

    init(_ golden: GoldenCase, _ registry: Registry) throws {
        self.golden = golden
        self.registry = registry
        try golden.check("config")
        try golden.check("boxes", knows: "image_wh new_wh input resized flipped notes")
        try golden.check("learning_rate", knows: "base policy values notes")
        try golden.check("learning_rate.values", knows: "iteration epoch lr")
        let padded = (golden.json["resize"]?.array ?? []).flatMap {
            $0.object.map { Array($0.keys) } ?? []
        }
        .filter { $0.wholeMatch(of: /pad[0-9]{1,5}_wh/) != nil }
        try golden.check(
            "resize",
            knows: "size_wh scale new_wh scale_factor notes " + Set(padded).joined(separator: " "))
        tables = try golden.decoded()
    }

    func comparisons() throws -> [Comparison] {
        var result = try tables.resize.map(sizes) ?? []
        if let boxes = tables.boxes { result += try self.boxes(boxes) }
        if let rates = tables.learning_rate { result.append(try learningRates(rates)) }
        return try result + OptimizerGroups(golden, registry).comparisons()
    }

    // MARK: - Sizes and boxes

    private func sizes(_ rows: [Tables.Resize]) throws -> [Comparison] {
        let divisors = try paddings()
        var sizes = Pairs()
        var factors = Pairs()
        var padded = divisors.map { _ in Pairs() }
        for (index, row) in rows.enumerated() {
            let size = try size(row.size_wh)
            guard row.new_wh.count == 2, row.scale_factor.count == 4 else {
                throw GoldenCaseError(
                    golden.path,
                    "has a row of resize without new_wh [w, h] or scale_factor [w, h, w, h]")
            }
            var sample = DataSample(
                name: "case", image: RGBImage(height: size.height, width: size.width))
            try apply(
                "Resize",
                ["scale": .array(row.scale.map { .number(Double($0)) }), "ratio_range": .null],
                &sample)
            sizes.add(
                [sample.size.width, sample.size.height].map(Double.init),
                row.new_wh.map(Double.init))
            let scale = [sample.geometry.scale.x, sample.geometry.scale.y].map { Double(Float($0)) }
            factors.add(scale + scale, row.scale_factor)
            for (place, divisor) in divisors.enumerated() {
                var copy = sample
                try apply("Normalize", [:], &copy)
                try apply("Pad", ["size_divisor": .number(Double(divisor))], &copy)
                let expected =
                    golden.json["resize"]?.array?[index]["pad\(divisor)_wh"]?.numbers ?? []
                padded[place].add([copy.size.width, copy.size.height].map(Double.init), expected)
            }
        }
        return [sizes.comparison("resize/new_wh"), factors.comparison("resize/scale_factor")]
            + zip(divisors, padded).map { $1.comparison("resize/pad\($0)_wh") }
    }

    /// The divisors that the rows are padded to: 32 of `pad32_wh`.
    private func paddings() throws -> [Int] {
        let keys = Set(
            (golden.json["resize"]?.array ?? []).flatMap { $0.object.map { Array($0.keys) } ?? [] })
        return try keys.compactMap { key in
            guard let match = try /pad([0-9]{1,5})_wh/.wholeMatch(in: key)?.output else {
                return nil
            }
            return Int(match.1)
        }.sorted()
    }

    private func boxes(_ boxes: Tables.Boxes) throws -> [Comparison] {
        let size = try size(boxes.image_wh)
        let instances = try boxes.input.map { corners in
            guard corners.count == 4 else {
                throw GoldenCaseError(golden.path, "has a box of \(corners.count) numbers")
            }
            return SampleInstance(
                box: BoundingBox(x1: corners[0], y1: corners[1], x2: corners[2], y2: corners[3]),
                label: 0, area: 1, id: 0)
        }
        var sample = DataSample(
            name: "case", image: RGBImage(height: size.height, width: size.width),
            instances: instances)
        let scale = boxes.new_wh.map { GoldenJSON.number(Double($0)) }
        try apply(
            "Resize", ["scale": .array(scale), "ratio_range": .null, "keep_ratio": .bool(false)],
            &sample)
        let resized = corners(sample)
        try apply("RandomFlip", ["prob": .number(1)], &sample)
        return [
            Comparison(
                "boxes/resized", ours: resized, reference: boxes.resized.flatMap { $0 }, .exact),
            Comparison(
                "boxes/flipped", ours: corners(sample), reference: boxes.flipped.flatMap { $0 },
                .exact),
        ]
    }

    private func corners(_ sample: DataSample) -> [Float] {
        (sample.instances ?? []).flatMap { [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2] }
    }

    private func size(_ sides: [Int]) throws -> Size2D {
        guard sides.count == 2, sides.allSatisfy((1...20_000).contains) else {
            throw GoldenCaseError(golden.path, "has an image of [w, h] = \(sides)")
        }
        return Size2D(height: sides[1], width: sides[0])
    }

    /// Applies a transform of the registry, as a configuration would name it.
    private func apply(_ type: String, _ settings: [String: GoldenJSON], _ sample: inout DataSample)
        throws
    {
        let node = try component(type, settings)
        var random = SampleRandom(seed: 0, epoch: 0, index: 0)
        let transform = try registry.transforms.make(node, BuildContext(registry: registry))
        try transform(&sample, &random)
    }

    private func component(_ type: String, _ settings: [String: GoldenJSON]) throws -> ComponentNode
    {
        struct Written: YAMLConfiguration { var component: ComponentNode? }
        let all = settings.merging(["type": .string(type)]) { own, _ in own }
        let written: Written = try YAMLNode(encoding: ["component": GoldenJSON.object(all)])
            .decode()
        return written.component ?? ComponentNode(type: type)
    }

    // MARK: - Learning rates

    /// `step [8, 11] gamma 0.1, linear warmup 500 iterations ratio 0.001, 7330 iterations per epoch`
    private func learningRates(_ rates: Tables.Rates) throws -> Comparison {
        let policy = rates.policy
        func number(_ match: Substring?) -> Double? { match.flatMap { Double($0) } }
        guard let steps = try /step \[([0-9, ]*)\]/.firstMatch(in: policy)?.output.1,
            let epoch = number(
                try /([0-9]{1,12}) iterations per epoch/.firstMatch(in: policy)?.output.1)
        else {
            throw GoldenCaseError(
                golden.path,
                "has the policy '\(policy)'; known: step [epochs] gamma g, linear warmup n iterations ratio r, "
                    + "m iterations per epoch")
        }
        var settings: [String: GoldenJSON] = [
            "steps": .array(
                steps.split { $0 == "," || $0 == " " }.compactMap { Double($0) }.map(
                    GoldenJSON.number)),
            "warmup_iterations": .number(
                number(try /warmup ([0-9]{1,12}) iterations/.firstMatch(in: policy)?.output.1) ?? 0),
        ]
        settings["gamma"] = number(try /gamma ([0-9.e+-]+[0-9])/.firstMatch(in: policy)?.output.1)
            .map(GoldenJSON.number)
        settings["warmup_ratio"] = number(
            try /ratio ([0-9.e+-]+[0-9])/.firstMatch(in: policy)?.output.1
        ).map(GoldenJSON.number)
        let schedule = try registry.schedules.make(
            component("Step", settings), BuildContext(registry: registry)
        )
        .counting(iterationsPerEpoch: Int(epoch))
        let total = (rates.values.map(\.iteration).max() ?? 0) + 1
        let ours = rates.values.map {
            schedule.learningRate(base: rates.base, iteration: $0.iteration, of: total)
        }
        return Comparison("learning_rate", ours: ours, reference: rates.values.map(\.lr), .rounding)
    }
}

/// Our numbers beside the reference's, row by row.
private struct Pairs {
    private var (ours, reference): ([Double], [Double]) = ([], [])

    mutating func add(_ ours: [Double], _ reference: [Double]) {
        self.ours += ours
        self.reference += reference
    }

    func comparison(_ name: String) -> Comparison {
        Comparison(name, ours: ours, reference: reference, .exact)
    }
}
