import DenseKitCheckpoints
import Foundation
import TemporaryFolders
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private let other =
    "Name the weights as PyTorch or safetensors has them; most projects publish those beside it."
private let unpack = "Unpack it, and name the file of weights in it."
private let page =
    "The address leads to a page about the file, to a login or to an error: open it in a browser, and download the file itself."
private let shards =
    "Name a file that holds them all: load the model with the library that wrote it, and save its state dict in one file."

/// What people give as weights by mistake: its name, its bytes, and what is said.
private let foreign: [(name: String, bytes: [UInt8], problem: String, remedy: String)] = [
    ("a.pth", [], "is empty", "A download or a copy did not come to its end; fetch it again."),
    (
        "a.safetensors", [], "is empty",
        "A download or a copy did not come to its end; fetch it again."
    ),
    ("a.pth", bytes(" \n\n"), "holds nothing but blanks", "Fetch it again."),
    (
        "a.safetensors",
        bytes("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 346284714\n"),
        "is a pointer of Git LFS, which is only a reference to the file of weights, which has 346284714 bytes",
        "Run `git lfs pull` in its repository, or download the file itself from the repository's page."
    ),
    (
        "a.pth", bytes("<!DOCTYPE html>\n<html><head><title>Sign in</title>"),
        "is a web page (\"Sign in\"), not a file of weights", page
    ),
    ("a.pth", bytes("\u{FEFF}\n  <html lang=en>"), "is a web page, not a file of weights", page),
    (
        "a.pth", bytes("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>"),
        "is XML, such as a server's message of an error: \"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>\"",
        "Check the address, and fetch it again."
    ),
    ("a.pth.gz", [0x1F, 0x8B, 8, 0, 0], "is compressed with gzip", unpack),
    ("a.pth", bytes("BZh91AY"), "is compressed with bzip2", unpack),
    ("a.pth", [0xFD] + bytes("7zXZ") + [0], "is compressed with xz", unpack),
    ("a.pth", [0x28, 0xB5, 0x2F, 0xFD, 0], "is compressed with zstandard", unpack),
    ("a.7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "is a 7z archive", unpack),
    ("a.rar", bytes("Rar!\u{1A}\u{7}"), "is a rar archive", unpack),
    (
        "a.tar", bytes("models/a.pth") + [UInt8](repeating: 0, count: 245) + bytes("ustar"),
        "is a tar archive, whose first member is \"a.pth\"", unpack
    ),
    (
        "a.tar", bytes("./sys_info") + [UInt8](repeating: 0, count: 247) + bytes("ustar"),
        "is a tar archive, the form that PyTorch wrote until early 2017",
        "Load it with PyTorch where you trust it, and save it again."
    ),
    (
        "a.zip", StoredZip([("weights/best.pth", [1])]).bytes,
        "is a zip archive without a data.pkl, so torch.save did not write it; it holds \"weights/best.pth\"",
        unpack
    ),
    (
        "a.npz", StoredZip([("w.npy", [1])]).bytes,
        "is a zip archive without a data.pkl, so torch.save did not write it; it holds \"w.npy\"",
        "These are arrays of NumPy: save them with torch.save, as a dictionary of tensors."
    ),
    (
        "model.safetensors.index.json",
        bytes(
            #"{"metadata": {"total_size": 8}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}"#
        ),
        "is the index of weights that are stored in several files, not the weights", shards
    ),
    (
        "config.json", bytes("{\"model_type\": \"vit\"}"),
        "is a JSON file, such as a configuration: \"{\"model_type\": \"vit\"}\"",
        "Name the file of weights beside it."
    ),
    ("a.onnx", [8, 7, 0x12, 7] + bytes("pytorch"), "is an ONNX model", other),
    (
        "a.msgpack", [0x81, 0xA6] + bytes("params") + [0x82],
        "is in MessagePack, as Flax stores its weights", other
    ),
    ("a.h5", [0x89] + bytes("HDF\r\n\u{1A}\n"), "is an HDF5 file, such as Keras writes", other),
    ("a.tflite", [28, 0, 0, 0] + bytes("TFL3") + [0], "is a model of TensorFlow Lite", other),
    ("frozen.pb", [0x0A, 0x3B, 0x0A, 3, 0xFF, 0, 1, 2, 3, 4], "is a model of TensorFlow", other),
    ("a.npy", [0x93] + bytes("NUMPY") + [1, 0], "is an array of NumPy", other),
    ("a.gguf", bytes("GGUF") + [3, 0, 0, 0], "is a GGUF file", other),
    ("a.pth", [0x89] + bytes("PNG\r\n"), "is a PNG image", "Name a file of weights."),
    (
        "a.yaml", bytes("model: { type: EncoderDecoder }\n"),
        "is a text file, not a file of weights: \"model: { type: EncoderDecoder }\"",
        "Name a .safetensors file, or a .pt or .pth file."
    ),
    (
        "a.pth", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        "is no file of weights that is known here; it begins with the bytes 01 02 03 04 05 06 07 08",
        "Name a .safetensors file, or a .pt or .pth file that PyTorch wrote."
    ),
]

@Suite struct ForeignFileTests {
    @Test("A file that holds no weights is named for what it is", arguments: foreign)
    func named(name: String, bytes: [UInt8], problem: String, remedy: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(name, bytes)
        #expect(throws: CheckpointError(path: path, problem: problem, remedy: remedy)) {
            try WeightsFile.load(path)
        }
    }

    @Test("A damaged safetensors file is still told what is wrong with its header")
    func damagedSafetensors() throws {
        let folder = try TemporaryFolder()
        for (name, content, problem) in [
            (
                "a.safetensors", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
                "says that its header has 578437695752307201 bytes; 100000000 are allowed"
            ),
            (
                "a.pth", [200, 0, 0, 0, 0, 0, 0, 0] + bytes("{\"a\""),
                "says that its header has 200 bytes, but only 4 follow"
            ),
            ("a.bin", [1, 2, 0xFF], "has 3 bytes; a safetensors file has at least 8"),
        ] as [(String, [UInt8], String)] {
            let path = try folder.write(name, content)
            let error = try #require(throws: CheckpointError.self) { try WeightsFile.load(path) }
            #expect(error.problem == problem)
        }
    }

    @Test(
        "A folder that is no checkpoint is named for what it holds",
        arguments: [
            (
                "saved_model.pb", ": a model of TensorFlow",
                "Name the weights as PyTorch or safetensors has them."
            ),
            (
                "data.pkl", ": an unpacked file of PyTorch",
                "Name the .pt or .pth file as it was before it was unpacked."
            ),
            ("pytorch_model.bin.index.json", ": its weights are stored in several files", shards),
            (
                "pytorch_model.bin", ", so it is no checkpoint",
                "Name a file in it, such as F/pytorch_model.bin"
            ),
            (
                "iter_20/model.safetensors", ", so it is no checkpoint, but it holds some",
                "Name one of them, such as F/iter_20"
            ),
            ("readme.md", ", so it is no checkpoint", "Name one, such as work_dirs/…/iter_8000"),
        ])
    func folders(file: String, problem: String, remedy: String) throws {
        let folder = try TemporaryFolder()
        let url = URL(filePath: folder.file(file))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data([1]).write(to: url)
        let error = try #require(throws: CheckpointError.self) { try WeightsFile.load(folder.path) }
        #expect(error.problem == "is a folder without model.safetensors" + problem)
        #expect(error.remedy?.replacing(folder.path, with: "F") == remedy)
    }
}
