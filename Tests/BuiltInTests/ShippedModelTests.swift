import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

private let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
private let configs = package.appending(path: "configs")

/// The configurations that train one model: all but the parts in `configs/_base_`, the lists of runs in `configs/sweeps` and the tables.
private let shipped: [String] = {
    let files = FileManager.default.enumerator(atPath: configs.path)?.compactMap { $0 as? String } ?? []
    let others = ["_base_/", "sweeps/", "tables/"]
    return files.filter { file in file.hasSuffix(".yaml") && !others.contains(where: file.hasPrefix) }.sorted()
}()

/// One of each family; with `DENSEKIT_WALK=all` every one of them.
private let walk: [String] = {
    if ProcessInfo.processInfo.environment["DENSEKIT_WALK"] == "all" { return shipped }
    return [
        "denseclip/denseclip_fpn_r50_ade20k_80k_512x512.yaml", "denseclip/denseclip_upernet_swin-t_ade20k_160k_512x512.yaml",
        "clip_sp/clip-sp_fpn_r50_ade20k_160k_512x512.yaml", "icpc/icpc_fpn_r50_ade20k_80k_512x512.yaml",
        "semantic_fpn/fpn_clip-vit-b_ade20k_80k_640x640.yaml",
        "upernet/upernet_r50_ade20k_160k_512x512.yaml",
    ]
}()

/// The models of the shipped configurations, at their full width.
@Suite("Shipped models", .serialized) struct ShippedModelTests {
    private static func model(_ file: String, classes: Int, device: Device, overrides: [String] = []) throws -> DenseModel {
        let path = configs.appending(path: file).path
        let experiment = try Experiment(path, overrides: overrides, registry: try Registry(BuiltIn.plugins), device: device)
        return try experiment.model(ClassList(names: (0..<classes).map { "class \($0)" }))
    }

    /// The first comment; where it says `as OTHER.yaml`, with that file's behind it.
    private func header(_ file: String) throws -> String {
        let text = try String(contentsOf: configs.appending(path: file), encoding: .utf8)
        let comment = text.split(separator: "\n").prefix { $0.hasPrefix("#") }.joined(separator: "\n")
        guard let other = comment.firstMatch(of: /Cost: +as ([^ ,;]+\.yaml)/) else { return comment }
        return try header(file.split(separator: "/").dropLast().joined(separator: "/") + "/\(other.1)") + comment
    }

    /// Whether a number printed in decimals is `value`, rounded.
    private func agrees(_ text: Substring, _ value: Double) -> Bool {
        let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
        return abs((Double(text) ?? .nan) - value) <= 0.5 / Double((0..<decimals).reduce(1) { power, _ in power * 10 }) * 1.000001
    }

    @Test("Costs what its first comment says, and has the keys that it had, all without allocating", arguments: shipped)
    func costAndKeys(file: String) throws {
        let model = try Self.model(file, classes: file.contains("_1x_coco") ? 80 : 150, device: .meta)
        let tensors = try model.namedTensors()
        #expect(tensors.allSatisfy { $0.tensor.device == .meta })
        let header = try header(file)
        let parameters = try #require(header.firstMatch(of: /([\d.]+) M parameters/)).1
        let (_, gflops, height, width) = try #require(header.firstMatch(of: /([\d.]+) GFLOPs at (\d+)×(\d+)/)).output
        let complexity = try Complexity(of: model, size: Size2D(try #require(Int(height)), try #require(Int(width))))
        #expect(agrees(parameters, Double(complexity.parametersPerImage) / 1e6), "\(complexity.parametersPerImage)")
        #expect(agrees(gflops, complexity.model.total.cost.perImage / 1e9), "\(complexity.model.total.cost.perImage)")

        let keys = tensors.map { "\($0.name) \($0.tensor.shape)\n" }.sorted().joined()
        let digest = keys.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let line = "\(file) \(tensors.count) \(String(digest, radix: 16))"
        let known = try String(contentsOf: package.appending(path: "Tests/Goldens/configuration_keys.txt"), encoding: .utf8)
        // Released weights load by these names: a line changes only where a model is meant to change.
        #expect(known.split(separator: "\n").contains { $0 == line }, "\(line)")
    }

    @Test("Trains a step on small images, and loaded into another model its weights predict the same")
    func trains() async {
        await #expect(processExitsWith: .success) {
            for file in walk {
                let guided = ["denseclip", "clip-sp_", "icpc"].contains { file.contains($0) }
                let overrides = guided ? ["model.prompter.tokenizer=bytes"] : []
                let unreached = try trainSaveAndLoad(file) {
                    try Self.model(file, classes: 3, device: .cpu, overrides: overrides)
                }
                #expect(unreached.isEmpty, "no gradient: \(unreached) in \(file)")
            }
        }
    }
}
