import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

/// The folder of the shipped configurations.
private let configs = packageFolder.appending(path: "configs").path

@Suite("Commands of a table's rows")
struct RowCommandTests {
    private func command(of run: String?, in file: String) throws -> String {
        let registry = try Registry(BuiltIn.plugins)
        let run = try run.map { try Sweep(file, registry: registry).run(named: $0) }
        return RowCommand(file: file, run: run).train
    }

    @Test("The comment above a run says the options of its command, on one line or several")
    func runOptions() throws {
        let file = "\(configs)/semantic_fpn/fpn_other-data.yaml"
        let run = "fpn_r101_ade20k-full_80k_512x512"
        let command = try self.command(of: run, in: file)
        #expect(command == "densekit train \(file) --run \(run) --init-from resnet101_v1c.pth")

        let other = "\(configs)/denseclip/denseclip_other-backbones.yaml"
        let swin = "denseclip_upernet_swin-s_ade20k_160k_512x512"
        let several = try self.command(of: swin, in: other)
        #expect(
            several == "densekit train \(other) --run \(swin) "
                + "--set model.backbone.weights=swin_small_patch4_window7_224.pth "
                + "--set model.prompter.weights=ViT-B-16.pt")
    }

    @Test("The command of every row has weights of the row's backbone")
    func weightsOfRows() throws {
        let weights = [
            "r50": ["RN50.pt", "resnet50"], "r101": ["RN101.pt", "resnet101"],
            "vit-b": ["ViT-B-16.pt", "deit_base", "vit_base"],
            "swin-t": ["swin_tiny"], "swin-s": ["swin_small"],
        ]
        var known: Set<String> = []
        let tables = try PaperTable.names(in: configs).map { try PaperTable($0, in: configs) }
        for row in tables.flatMap(\.rows) {
            guard let config = row.config, let name = row.modelName else { continue }
            guard known.insert("\(config) \(name)").inserted else { continue }
            let command = try self.command(of: row.run, in: "\(configs)/\(config)")
            let backbone = try #require(weights.first { name.contains($0.key) }, "\(name)")
            let options = [" --init-from ", " --set model.backbone.weights="]
            let wanted = options.flatMap { option in backbone.value.map { option + $0 } }
            #expect(wanted.contains { command.contains($0) }, "\(name): \(command)")
        }
        #expect(known.count >= 100)
    }
}
