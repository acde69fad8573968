import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

private let shipped = ShippedExperiment.all

/// One of each family; with `DENSEKIT_WALK=all` every one of them.
private let walk: [ShippedExperiment] = {
    if ProcessInfo.processInfo.environment["DENSEKIT_WALK"] == "all" { return shipped }
    let ids = [
        "denseclip/denseclip_fpn_r50_ade20k_80k_512x512",
        "denseclip/denseclip_upernet_swin-t_ade20k_160k_512x512",
        "clip_sp/clip-sp_fpn_r50_ade20k_160k_512x512", "icpc/icpc_fpn_r50_ade20k_80k_512x512",
        "semantic_fpn/fpn_clip-vit-b_ade20k_80k_640x640", "upernet/upernet_r50_ade20k_160k_512x512",
    ]
    return shipped.filter { ids.contains($0.id) }
}()

/// The models of the shipped configurations, at their full width.
@Suite("Shipped models", .serialized) struct ShippedModelTests {
    private static func model(
        _ configuration: ShippedExperiment, classes: Int, device: Device, overrides: [String] = []
    ) throws -> DenseModel {
        let experiment = try configuration.experiment(overrides: overrides, device: device)
        return try experiment.model(ClassList(names: (0..<classes).map { "class \($0)" }))
    }

    /// The comment that says what the model costs: its own; where that says `as OTHER.yaml`, or is
    /// of a run and says nothing, that of the configuration which it starts from.
    private func costs(_ configuration: ShippedExperiment) throws -> String {
        let comment = try configuration.comment()
        guard configuration.run != nil, !comment.contains("GFLOPs at") else {
            return try costs(of: configuration.file, comment)
        }
        let base = try configuration.base()
        return try costs(of: base, ShippedExperiment.header(base))
    }

    private func costs(of file: String, _ comment: String) throws -> String {
        guard let other = comment.firstMatch(of: /Cost: +as ([^ ,;]+\.yaml)/) else {
            return comment
        }
        let name = file.split(separator: "/").dropLast().joined(separator: "/") + "/\(other.1)"
        return try costs(of: name, ShippedExperiment.header(name))
    }

    /// Whether a number printed in decimals is `value`, rounded.
    private func agrees(_ text: Substring, _ value: Double) -> Bool {
        let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
        return abs((Double(text) ?? .nan) - value) <= 0.5
            / Double((0..<decimals).reduce(1) { power, _ in power * 10 }) * 1.000001
    }

    @Test(
        "Costs what its first comment says, and has the keys that it had, all without allocating",
        arguments: shipped)
    func costAndKeys(_ configuration: ShippedExperiment) throws {
        let model = try Self.model(
            configuration, classes: configuration.id.contains("_1x_coco") ? 80 : 150, device: .meta)
        let tensors = try model.namedTensors()
        #expect(tensors.allSatisfy { $0.tensor.device == .meta })
        let header = try costs(configuration)
        let parameters = try #require(header.firstMatch(of: /([\d.]+) M parameters/)).1
        let (_, gflops, height, width) = try #require(
            header.firstMatch(of: /([\d.]+) GFLOPs at (\d+)×(\d+)/)
        ).output
        let complexity = try Complexity(
            of: model, size: Size2D(#require(Int(height)), #require(Int(width))))
        #expect(
            agrees(parameters, Double(complexity.parametersPerImage) / 1e6),
            "\(complexity.parametersPerImage)")
        #expect(
            agrees(gflops, complexity.model.total.cost.perImage / 1e9),
            "\(complexity.model.total.cost.perImage)")

        let keys = tensors.map { "\($0.name) \($0.tensor.shape)\n" }.sorted().joined()
        let line = "\(configuration.id) \(tensors.count) \(FNV1a(keys.utf8).hexadecimal)"
        let known = try String(
            contentsOf: package.appending(path: "Tests/Goldens/configuration_keys.txt"),
            encoding: .utf8)
        // Released weights load by these names: a line changes only where a model is meant to
        // change.
        #expect(known.split(separator: "\n").contains { $0 == line }, "\(line)")
    }

    @Test(
        "Trains a step on small images, and loaded into another model its weights predict the same")
    func trains() async {
        await #expect(processExitsWith: .success) {
            #expect(walk.count >= 6)
            for configuration in walk {
                let guided = ["denseclip", "clip-sp_", "icpc"].contains {
                    configuration.id.contains($0)
                }
                let overrides = guided ? ["model.prompter.tokenizer=bytes"] : []
                let unreached = try trainSaveAndLoad(configuration.id) {
                    try Self.model(configuration, classes: 3, device: .cpu, overrides: overrides)
                }
                #expect(unreached.isEmpty, "no gradient: \(unreached) in \(configuration.id)")
            }
        }
    }
}
