import DenseKitCore

/// The losses of detectors and their gradients. Settings and divisors are in the description of an
/// output ("gamma 2.0 alpha 0.25", "sum / 17"), β in its name (`smooth_l1_b1_9` is 1/9).
struct LossOperations {
    let inputs: DetectionInputs
    let registry: Registry
    private var golden: GoldenCase { inputs.golden }

    func outputs() throws -> [String: Tensor] {
        var outputs: [String: Tensor] = [:]
        for name in golden.outputNames.map({ OutputName($0).name }) {
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            let tag = parts.count > 1 ? parts[1] : ""
            switch parts[0] {
            case "focal", "focal_weighted", "focal_grad", "focal_weighted_grad":
                let (value, gradient) = try focal(
                    tag, isWeighted: parts[0].hasPrefix("focal_weighted"))
                outputs[name] = parts[0].hasSuffix("grad") ? gradient : value
            case "focal_extreme", "focal_extreme_grad":
                (outputs["focal_extreme"], outputs["focal_extreme_grad"]) = try extremeFocal()
            case "giou_boxes": outputs[name] = try tag == "A" ? inputs.boxes("A") : targetBoxes()
            case "giou_loss", "giou_loss_grad":
                (outputs["giou_loss"], outputs["giou_loss_grad"]) = try giou()
            case "ce", "ce_grad": (outputs["ce"], outputs["ce_grad"]) = try crossEntropy()
            case "bce_rpn", "bce_rpn_grad":
                (outputs["bce_rpn"], outputs["bce_rpn_grad"]) = try objectness()
            case "mask_bce", "mask_bce_grad":
                (outputs["mask_bce"], outputs["mask_bce_grad"]) = try masks()
            default: outputs[name] = try distance(name)
            }
        }
        return outputs
    }

    private typealias Answer = (value: Tensor?, gradient: Tensor?)

    /// A loss, and the gradient of its sum with respect to `x`.
    private func differentiated(_ x: Tensor, _ loss: (Tensor) throws -> Tensor) throws -> Answer {
        let leaf = try x.cloned()
        try leaf.setRequiresGrad(true)
        let value = try loss(leaf)
        try value.sum().backward()
        return (try value.detached(), leaf.grad)
    }

    private func focal(_ tag: String, isWeighted: Bool) throws -> Answer {
        let words = "focal.\(tag)"
        let gamma = try inputs.number(after: "gamma", in: words)
        let alpha = try inputs.number(after: "alpha", in: words)
        let logits = try inputs.floats("logits")
        let target = try inputs.tensor("target")
        guard isWeighted else {
            let targets = try target.oneHot(logits.size(1))
            return try differentiated(logits) {
                try $0.sigmoidFocal(targets, gamma: gamma, alpha: alpha)
            }
        }
        let loss = try loss("Focal", ["gamma": gamma, "alpha": alpha])
        let options = try options(
            "weight", inputs.number(after: "avg_factor", in: "focal_weighted.\(tag)"))
        return try differentiated(logits) { try loss($0, target, options) }
    }

    /// Logits that leave no room for rounding, with the paper's settings.
    private func extremeFocal() throws -> Answer {
        let target = try inputs.floats("extreme_target")
        return try differentiated(inputs.floats("extreme")) {
            try $0.sigmoidFocal(target, gamma: 2, alpha: 0.25)
        }
    }

    /// `l1.none`, `smooth_l1_b1.avg`, `smooth_l1_b1_9.grad`: the weighed elements, their average,
    /// and its gradient. Nil for another name.
    private func distance(_ name: String) throws -> Tensor? {
        let pattern = /((?:smooth_)?l1(?:_b([0-9.]+?)(?:_([0-9.]+))?)?)\.(none|avg|grad)/
        guard let match = name.wholeMatch(of: pattern)?.output else { return nil }
        let kind = match.1
        let what = match.4
        let beta = match.2.flatMap { Double($0) }.map { $0 / (match.3.flatMap { Double($0) } ?? 1) }
        let prediction = try inputs.floats("pred")
        let target = try inputs.floats("box_target")
        if what == "none" {
            let each =
                try beta.map { try prediction.smoothL1(target, beta: $0) }
                ?? prediction.absoluteLoss(target)
            return try each * inputs.floats("box_weight")
        }
        let loss = try beta.map { try self.loss("SmoothL1", ["beta": $0]) } ?? self.loss("L1", [:])
        let options = try options("box_weight", inputs.number(after: "sum /", in: "\(kind).avg"))
        let answer = try differentiated(prediction) { try loss($0, target, options) }
        return what == "avg" ? answer.value : answer.gradient
    }

    /// Boxes B, of which the first lie near A.
    private func targetBoxes() throws -> Tensor {
        let a = try inputs.boxes("A")
        let b = try inputs.boxes("B")
        guard
            let match = inputs.words("giou_boxes.B").firstMatch(
                of: /first (\w+) rows are A \* ([0-9.]+) \+ ([0-9.]+)/)?.output,
            let factor = Double(match.2), let shift = Double(match.3)
        else { return b }
        let words = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
            "twelve",
        ]
        guard let count = Int(match.1) ?? words.firstIndex(of: String(match.1)).map({ $0 + 1 })
        else {
            throw GoldenCaseError(
                golden.path,
                "moves the first '\(match.1)' rows of giou_boxes.B, which is no number to us")
        }
        return try Tensor.cat(
            [a.narrowed(0, 0, count) * factor + shift, b.narrowed(0, count, b.size(0) - count)],
            dim: 0)
    }

    private func giou() throws -> Answer {
        let target = try targetBoxes()
        return try differentiated(inputs.boxes("A")) { try (-Boxes.giou($0, target, .rows)) + 1 }
    }

    private func crossEntropy() throws -> Answer {
        let logits = try inputs.floats("logits")
        let target = try inputs.tensor("target").clamped(nil, Double(logits.size(1) - 1)).to(.int64)
        let options = try options("weight", inputs.number(after: "sum /", in: "ce"))
        let loss = try loss("CrossEntropy", [:])
        return try differentiated(logits) { try loss($0, target, options) }
    }

    /// The first logit of each row, against whether the class is mmdetection's foreground, 0.
    /// Weighed and averaged as the cross-entropy.
    private func objectness() throws -> Answer {
        let target = try inputs.tensor("target").clamped(nil, 1).to(.int64)
        let options = try options("weight", inputs.number(after: "sum /", in: "ce"))
        let loss = try loss("BinaryCrossEntropy", [:])
        return try differentiated(inputs.floats("logits").narrowed(1, 0, 1)) {
            try loss($0, target, options)
        }
    }

    /// The channel of each row's class.
    private func masks() throws -> Answer {
        let target = try inputs.floats("mask_target")
        let label = try inputs.tensor("mask_label")
        let rows = try Tensor.arange(to: Double(label.size(0)))
        let loss = try self.loss("BinaryCrossEntropy", [:])
        return try differentiated(inputs.floats("mask_pred")) { logits in
            try loss(logits.indexed([rows, label]), target, LossOptions())
        }
    }

    private func options(_ weights: String, _ factor: Double) throws -> LossOptions {
        LossOptions(elementWeights: try inputs.floats(weights), averageFactor: factor)
    }

    /// A loss as a configuration names it.
    private func loss(_ type: String, _ settings: [String: Double]) throws -> any Loss {
        var node = settings.mapValues(GoldenJSON.number)
        node["type"] = .string(type)
        let written: Written = try YAMLNode(encoding: ["loss": GoldenJSON.object(node)]).decode()
        return try registry.losses.make(
            written.loss ?? ComponentNode(type: type), BuildContext(registry: registry))
    }

    private struct Written: YAMLConfiguration {
        var loss: ComponentNode?
    }
}
