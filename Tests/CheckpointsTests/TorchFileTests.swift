import DenseKitCheckpoints
import DenseKitNN
import Foundation
import TemporaryFolders
import Testing

let torchFiles = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Goldens/torch_files").path

/// Names of files that PyTorch wrote, with a .safetensors of what they hold beside each.
let soundTorchFiles = ((try? FileManager.default.contentsOfDirectory(atPath: torchFiles)) ?? [])
    .sorted().filter {
        !$0.hasSuffix(".safetensors")
            && FileManager.default.fileExists(
                atPath: torchFiles + "/" + $0.split(separator: ".")[0] + ".safetensors")
    }

@Test(
    "Files of PyTorch hold what PyTorch finds in them: names, types, shapes, every bit, and what mmcv noted",
    arguments: soundTorchFiles)
func torchFile(name: String) throws {
    let found = try TorchFile.load(torchFiles + "/" + name)
    let expected = try TensorFile.load(
        torchFiles + "/" + name.split(separator: ".")[0] + ".safetensors")
    #expect(found.metadata == expected.metadata && found.unread.isEmpty)
    // The names beside the file are those of the model, without the wrapper's.
    let prefix = name == "data_parallel.pth" ? "module." : ""
    #expect(found.tensors.keys.sorted() == expected.tensors.keys.map { prefix + $0 }.sorted())
    for (key, tensor) in expected.tensors {
        let other = try #require(found.tensors[prefix + key])
        #expect(other.dtype == tensor.dtype && other.shape == tensor.shape, "\(key)")
        #expect(try other.bytes() == tensor.bytes(), "\(key)")
    }
}

@Test func everyKindOfTorchFileIsTested() {
    #expect(soundTorchFiles.count == 13)
    #expect(soundTorchFiles.contains("scripted.pt") && soundTorchFiles.contains("legacy.pth"))
}

@Test(
    "Tensors that share memory in the file share it here, in both forms",
    arguments: ["types.pth", "legacy.pth"])
func sharedMemory(name: String) throws {
    let tensors = try TorchFile.load(torchFiles + "/" + name).tensors
    let tied = try #require(tensors["tied"])
    let columns = try #require(tensors["columns"])
    let window = try #require(tensors["window"])
    #expect(!columns.isContiguous && tensors["channels_last"]?.isChannelsLast == true)
    try tied.fillInPlace(7)
    #expect(
        try columns.floats() == [Float](repeating: 7, count: 24) && window.floats() == [7, 7, 7, 7])
}

@Test("Files of PyTorch are told from others by their first bytes")
func recognizedFiles() throws {
    for name in soundTorchFiles {
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: torchFiles + "/" + name)))
        #expect(TorchFile.recognizes(Array(bytes.prefix(16))), "\(name)")
    }
    // The header of a safetensors file with 0x280 bytes begins like a pickle.
    #expect(!TorchFile.recognizes([0x80, 2, 0, 0, 0, 0, 0, 0, 0x7B]))
    #expect(TorchFile.recognizes([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9]))
    #expect(TorchFile.recognizes([UInt8](repeating: 0, count: 257) + Array("ustar".utf8)))
    for bytes in [
        [], [0x80], [0x80, 6], [0x50, 0x4B], Array("{\"a\": 1}".utf8), Array("\u{89}PNG".utf8),
    ] {
        #expect(!TorchFile.recognizes(bytes))
    }
}

private let remedy =
    "Nothing was run. Load it with PyTorch where you trust it, and save model.state_dict()."

@Test(
    "What PyTorch wrote but holds no weights for here: messages",
    arguments: [
        (
            "whole_module.pth",
            "holds a whole pickled module (it asks for torch.nn.modules.container.Sequential), not its weights alone",
            remedy
        ),
        (
            "bare_tensor.pth", "holds no dictionary of tensors",
            "Save model.state_dict() with torch.save."
        ),
    ])
func refusedTorchFiles(name: String, problem: String, remedy: String) {
    let path = torchFiles + "/" + name
    #expect(throws: CheckpointError(path: path, problem: problem, remedy: remedy)) {
        try TorchFile.load(path)
    }
}

@Test(
    "Where a file has no state under a known name, its dictionaries of tensors are read behind their own names"
)
func otherDictionaries() throws {
    let ema = try TorchFile.load(torchFiles + "/ema_only.pth").tensors
    #expect(!ema.isEmpty && ema.keys.allSatisfy { $0.hasPrefix("ema_state_dict.") })
    let tensor = rebuilt(storage(4), shape: [4], strides: [1])
    let pickle = Pickle(
        dictionary(
            text("epoch"), int(3), text("student"), dictionary(text("module.w"), tensor),
            text("teacher"),
            dictionary(text("state_dict"), dictionary(text("w"), tensor))))
    let folder = try TemporaryFolder()
    let both = try TorchFile.load(folder.write("a.pth", torchFile(pickle).bytes)).tensors
    #expect(both.keys.sorted() == ["student.module.w", "teacher.w"])
    let none = try #require(throws: CheckpointError.self) {
        try TorchFile.load(
            folder.write("b.pth", torchFile(Pickle(dictionary(text("epoch"), int(3)))).bytes))
    }
    #expect(
        none.problem
            == "holds no tensors at its top or under state_dict, model, model_state_dict, model_state, net; it has \"epoch\""
    )
}
