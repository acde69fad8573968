import DenseKitCheckpoints
import DenseKitCommandLine
import DenseKitData
import DenseKitVision
import Foundation
import Testing

/// `docs/tutorial`: the files that `docs/tutorial-backbone.md` walks through.
private let tutorial = packageFolder.appending(path: "docs/tutorial")

private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

@Test("`densekit new backbone TinyNet` writes the tutorial's files, and does not overwrite them")
func template() throws {
    try withTemporaryFolder { folder in
        let result = try runDensekit(["new", "backbone", "TinyNet"], in: folder)
        #expect(result.status == 0, "\(result.errors)")
        for name in ["tiny_net.swift", "tiny_net.yaml"] {
            let same =
                try text(folder.appending(path: name)) == text(tutorial.appending(path: name))
            #expect(
                same,
                "write docs/tutorial/\(name) anew: densekit new backbone TinyNet --dir docs/tutorial"
            )
        }
        #expect(try runDensekit(["new", "backbone", "TinyNet"], in: folder).status != 0)
    }
}

@Test(
    "The tutorial's backbone trains as it is: alone, and under DenseCLIP's prompter once its line is uncommented",
    arguments: [false, true])
func training(underPrompter: Bool) throws {
    try withTemporaryFolder { folder in
        try writeScenes(to: folder.appending(path: "densekit-demo/data"))
        try FileManager.default.copyItem(
            at: tutorial.appending(path: "tiny_net.swift"),
            to: folder.appending(path: "tiny_net.swift"))
        let yaml = try text(tutorial.appending(path: "tiny_net.yaml"))
        let chosen = underPrompter ? yaml.replacing("# prompter: {", with: "prompter: {") : yaml
        #expect((chosen != yaml) == underPrompter)
        try Data(chosen.utf8).write(to: folder.appending(path: "tiny_net.yaml"))

        let result = try runDensekit(
            ["train", "tiny_net.yaml", "--set", "train.iterations=2", "--set", "train.batch=2"],
            in: folder)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.errors.contains("Iter(train) [2/2]") && result.errors.contains("mIoU"),
            "\(result.errors)")
        let weights = try SafetensorsFile(
            path: folder.appending(path: "work_dirs/tiny_net/iter_2/model.safetensors").path)
        let names = Set(weights.entries.map(\.name))
        #expect(
            names.contains("backbone.stem.conv.weight")
                && names.contains("backbone.stages.3.bn.running_mean"))
        #expect(names.contains("attnpool.q_proj.weight") == underPrompter)
        #expect(names.contains("context_decoder.out_proj.1.weight") == underPrompter)
    }
}
