import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// A place for a loss in a head or prompter, and the losses of this repository that fit it.
private struct Slot: Sendable, CustomStringConvertible {
    /// The component with `LOSS` for the name of the loss.
    let component: String
    let fitting: Set<String>
    var isPrompter = false

    var description: String { component }
}

private let independent: Set<String> = ["BinaryCrossEntropy", "Focal"]
private let deltas: Set<String> = ["L1", "SmoothL1"]

private let slots = [
    Slot(component: "{type: SemanticFPN, channels: 8, loss: LOSS}", fitting: ["CrossEntropy"]),
    Slot(component: "{type: UPerNet, channels: 8, loss: LOSS}", fitting: ["CrossEntropy"]),
    Slot(component: "{type: FCN, channels: 8, loss: LOSS}", fitting: ["CrossEntropy"]),
    Slot(
        component: "{type: RetinaNet, channels: 8, convs: 1, loss_cls: LOSS}", fitting: independent),
    Slot(component: "{type: RetinaNet, channels: 8, convs: 1, loss_bbox: LOSS}", fitting: deltas),
    Slot(
        component:
            "{type: MaskRCNN, mask: {channels: 8}, box: {channels: 8}, rpn: {channels: 8, loss_cls: LOSS}}",
        fitting: independent),
    Slot(
        component:
            "{type: MaskRCNN, mask: {channels: 8}, box: {channels: 8}, rpn: {channels: 8, loss_bbox: LOSS}}",
        fitting: deltas),
    Slot(
        component: "{type: MaskRCNN, mask: {channels: 8}, box: {channels: 8, loss_cls: LOSS}}",
        fitting: ["CrossEntropy"]),
    Slot(
        component: "{type: MaskRCNN, mask: {channels: 8}, box: {channels: 8, loss_bbox: LOSS}}",
        fitting: deltas),
    Slot(
        component: "{type: MaskRCNN, mask: {channels: 8, loss: LOSS}, box: {channels: 8}}",
        fitting: independent),
    Slot(component: "{type: DenseCLIP, loss: LOSS}", fitting: ["CrossEntropy"], isPrompter: true),
    Slot(
        component: "{type: DenseCLIP, score_target: boxes, loss: LOSS}", fitting: independent,
        isPrompter: true),
    Slot(component: "{type: ICPC, loss: LOSS}", fitting: ["CrossEntropy"], isPrompter: true),
    Slot(
        component: "{type: CLIPSP, asymmetric_loss: LOSS}",
        fitting: independent.union(["AsymmetricLoss"]), isPrompter: true),
]

/// A loss of another plugin, which does not say what it is for.
private final class Anything: Module, Loss {
    struct Configuration: YAMLConfiguration {}

    let name = "loss_anything"

    init(_ configuration: Configuration, _ context: BuildContext) {}

    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        try prediction.sum() * 0
    }
}

private struct AnythingPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.losses.register("Anything", Anything.init)
    }
}

private func context() throws -> BuildContext {
    BuildContext(
        registry: try Registry(BuiltIn.plugins + [AnythingPlugin()]), classNames: ["a", "b", "c"],
        features: (0..<4).map { FeatureSpec(channels: 8, stride: 4 << $0) })
}

private func node(_ slot: Slot, _ loss: String) throws -> ComponentNode {
    struct Root: YAMLConfiguration { var x: ComponentNode? }
    let text = "x: " + slot.component.replacing("LOSS", with: loss)
    return try #require(
        try YAMLNode.parse(text, file: "a.yaml", environment: [:]).decode(Root.self).x)
}

@Suite struct LossFitTests {
    /// In a process of its own, as it meets very many shapes (docs/engine.md, known limits).
    @Test("A loss fits its head, or is refused with its place and the losses that fit")
    func fit() async {
        await #expect(processExitsWith: .success) {
            for slot in slots { try Self.fit(slot) }
        }
    }

    private static func fit(_ slot: Slot) throws {
        let context = try context()
        for name in context.registry.losses.names {
            func build() throws {
                let node = try node(slot, name)
                guard slot.isPrompter else {
                    return try learn(context.registry.heads.make(node, context))
                }
                try withDevice(.meta) { _ = try context.registry.prompters.make(node, context) }
            }
            if name == "Anything" || slot.fitting.contains(name) {
                try build()
            } else {
                let error = try #require(throws: ConfigurationError.self, "\(name) in \(slot)") {
                    try build()
                }
                let column = 4 + (slot.component.components(separatedBy: "LOSS").first?.count ?? 0)
                #expect("\(error)".hasPrefix("a.yaml:1:\(column): x."), "\(error)")
                #expect(
                    error.message.contains(
                        "the loss \(name) does not fit here: what is learned is "))
                #expect(
                    error.hint
                        == "losses that fit: \(slot.fitting.sorted().joined(separator: ", "))",
                    "\(error)")
            }
        }
    }

    /// What is accepted is learned from: two images of three classes.
    private static func learn(_ head: any Head) throws {
        let maps = try (0..<4).map { try Tensor.randomNormal([2, 8, 16 >> $0, 16 >> $0]) }
        let classes: [Int64] = (0..<8192).map { (pixel: Int) -> Int64 in
            pixel % 7 == 3 ? 65535 : Int64(pixel / 64 % 3)
        }
        let labels = try Tensor.from(classes, shape: [2, 64, 64])
        let things = try (0..<2).map { _ in
            try InstanceTargets(
                boxes: Tensor.from([8, 8, 40, 48] as [Float], shape: [1, 4]),
                labels: Tensor.from([Int64(1)]),
                ignoredBoxes: Tensor.zeros([0, 4]), masks: Tensor.ones([1, 64, 64], dtype: .uint8))
        }
        let geometry = ImageGeometry(Size2D(height: 64, width: 64))
        let losses = try head.losses(
            maps, Targets(labels: labels, instances: things),
            ForwardPass(progress: 0, images: [geometry, geometry]))
        let sum = try losses.total()
        let total = try #require(sum)
        #expect(try total.item().isFinite && total.rank == 0)
        try total.backward()
    }

    @Test("A loss that is no number is none to learn from")
    func ofEveryElement() throws {
        let slot = try #require(slots.last)
        let context = try context()
        let node = try node(slot, "{type: AsymmetricLoss, reduction: none}")
        let error = try #require(throws: ConfigurationError.self) {
            try withDevice(.meta) { _ = try context.registry.prompters.make(node, context) }
        }
        #expect(error.message.hasSuffix("and it is no training loss with these settings"))
    }

    @Test("What counts by itself in every pass of a batch says so")
    func countedByPass() throws {
        let context = try context()
        func head(_ yaml: String) throws -> String? {
            try context.registry.heads.make(node(Slot(component: yaml, fitting: []), ""), context)
                .countedByPass
        }
        func prompter(_ yaml: String) throws -> String? {
            try withDevice(.meta) {
                try context.registry.prompters.make(
                    node(Slot(component: yaml, fitting: []), ""), context
                ).countedByPass
            }
        }
        #expect(try head("{type: RetinaNet, channels: 8}") == "the positive anchors")
        #expect(
            try head("{type: MaskRCNN, mask: null, box: {channels: 8}, rpn: {channels: 8}}")
                == "the sampled boxes")
        for yaml in ["FCN", "UPerNet", "SemanticFPN"] {
            #expect(try head("{type: \(yaml), channels: 8}") == nil)
        }
        #expect(try prompter("ICPC") == "the points of the classes")
        #expect(try prompter("{type: ICPC, contrastive: null}") == nil)
        #expect(
            try prompter("{type: DenseCLIP, score_target: boxes, loss: BinaryCrossEntropy}")
                == "the positions in boxes")
        #expect(try prompter("DenseCLIP") == nil && prompter("CLIPSP") == nil)
    }
}
