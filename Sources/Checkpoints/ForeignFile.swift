import Foundation

/// What people give as weights by mistake: files that are something else, each named for what it
/// is.
enum ForeignFile {
    /// The bytes of a file that `error` looks at.
    static let prefixSize = 4096

    private static let anew = "Fetch it again."

    /// - Parameter prefix: the first bytes of the file
    /// - Returns: nil for what may be a safetensors file
    static func error(_ path: String, _ prefix: [UInt8], size: Int) -> CheckpointError? {
        let name = URL(filePath: path).lastPathComponent.lowercased()
        guard
            let (problem, remedy) = binary(prefix, name) ?? text(prefix, size: size)
                ?? unknown(prefix, name)
        else {
            return nil
        }
        return CheckpointError(path: path, problem: problem, remedy: remedy)
    }

    private static let beginnings: [(bytes: [UInt8], what: String, remedy: String)] = {
        let unpack = "Unpack it, and name the file of weights in it."
        let convert =
            "Name the weights as PyTorch or safetensors has them; most projects publish those beside it."
        let archives: [([UInt8], String)] = [
            ([0x1F, 0x8B], "gzip"), (Array("BZh".utf8), "bzip2"),
            ([0xFD] + Array("7zXZ".utf8), "xz"),
            ([0x28, 0xB5, 0x2F, 0xFD], "zstandard"), ([0x04, 0x22, 0x4D, 0x18], "lz4"),
        ]
        let others: [([UInt8], String, String)] = [
            ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", unpack),
            (Array("Rar!".utf8), "a rar archive", unpack),
            ([0x50, 0x4B, 5, 6], "an empty zip archive", anew),
            ([0x89] + Array("HDF".utf8), "an HDF5 file, such as Keras writes", convert),
            ([0x93] + Array("NUMPY".utf8), "an array of NumPy", convert),
            (Array("GGUF".utf8), "a GGUF file", convert),
            ([0x89] + Array("PNG".utf8), "a PNG image", "Name a file of weights."),
            ([0xFF, 0xD8, 0xFF], "a JPEG image", "Name a file of weights."),
            (Array("%PDF".utf8), "a PDF document", "Name a file of weights."),
        ]
        return archives.map { ($0.0, "is compressed with \($0.1)", unpack) }
            + others.map { ($0.0, "is \($0.1)", $0.2) }
    }()

    private static func binary(_ prefix: [UInt8], _ name: String) -> (String, String)? {
        if let known = beginnings.first(where: { prefix.starts(with: $0.bytes) }) {
            return (known.what, known.remedy)
        }
        let convert =
            "Name the weights as PyTorch or safetensors has them; most projects publish those beside it."
        if isONNX(prefix) || name.hasSuffix(".onnx") { return ("is an ONNX model", convert) }
        if prefix.count > 8, prefix[4..<8].elementsEqual("TFL3".utf8) {
            return ("is a model of TensorFlow Lite", convert)
        }
        if isMessagePack(prefix) {
            return ("is in MessagePack, as Flax stores its weights", convert)
        }
        let isTensorFlow =
            name.hasSuffix(".pb") || name.hasSuffix(".ckpt.index") || name.contains(".data-0")
        return isTensorFlow ? ("is a model of TensorFlow", convert) : nil
    }

    /// A message whose field 1 is a small number, the version, and whose next is the producer's
    /// name, a domain or a graph.
    private static func isONNX(_ prefix: [UInt8]) -> Bool {
        prefix.count > 4 && prefix[0] == 0x08 && (1...32).contains(prefix[1])
            && [0x12, 0x22, 0x3A].contains(prefix[2])
    }

    /// A map with a text as its first key.
    private static func isMessagePack(_ prefix: [UInt8]) -> Bool {
        guard let first = prefix.first else { return false }
        let key: Int
        switch first {
        case 0x81...0x8F: key = 1
        case 0xDE: key = 3
        case 0xDF: key = 5
        default: return false
        }
        guard prefix.count > key + 1 else { return false }
        let length = Int(prefix[key]) - 0xA0
        guard (1...31).contains(length), prefix.count > key + length else { return false }
        return prefix[(key + 1)...(key + length)].allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static func text(_ prefix: [UInt8], size: Int) -> (String, String)? {
        guard size > 0 else {
            return ("is empty", "A download or a copy did not come to its end; fetch it again.")
        }
        let isMarked = prefix.starts(with: [0xEF, 0xBB, 0xBF])
        let bytes = prefix.dropFirst(isMarked ? 3 : 0)
        guard bytes.allSatisfy({ $0 >= 0x20 || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return ("holds nothing but blanks", anew) }
        if text.hasPrefix("version https://git-lfs") || text.hasPrefix("version https://hawser") {
            let stored = text.split(separator: "\n").first { $0.hasPrefix("size ") }.flatMap {
                Int($0.dropFirst(5))
            }
            let size = stored.map { ", which has \($0) bytes" } ?? ""
            return (
                "is a pointer of Git LFS, which is only a reference to the file of weights\(size)",
                "Run `git lfs pull` in its repository, or download the file itself from the repository's page."
            )
        }
        let start = text.prefix(200).lowercased()
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") || start.contains("<html")
            || start.hasPrefix("<head")
        {
            return (
                "is a web page\(title(text)), not a file of weights",
                "The address leads to a page about the file, to a login or to an error: open it in a browser, and download the file itself."
            )
        }
        if start.hasPrefix("<") {
            return (
                "is XML, such as a server's message of an error: \(firstLine(text))",
                "Check the address, and fetch it again."
            )
        }
        if start.hasPrefix("{") || start.hasPrefix("[") { return json(text) }
        return (
            "is a text file, not a file of weights: \(firstLine(text))",
            "Name a .safetensors file, or a .pt or .pth file."
        )
    }

    private static func json(_ text: String) -> (String, String) {
        guard text.contains("\"weight_map\"") || text.contains("\"total_size\"") else {
            return (
                "is a JSON file, such as a configuration: \(firstLine(text))",
                "Name the file of weights beside it."
            )
        }
        return (
            "is the index of weights that are stored in several files, not the weights",
            "Name a file that holds them all: load the model with the library that wrote it, and save its state dict in one file."
        )
    }

    /// What is neither text nor a file that begins as safetensors does: its header's length, then
    /// "{".
    private static func unknown(_ prefix: [UInt8], _ name: String) -> (String, String)? {
        guard prefix.count >= 9, prefix[8] != UInt8(ascii: "{"), !name.hasSuffix(".safetensors")
        else { return nil }
        let bytes = prefix.prefix(8).map { (($0 < 16) ? "0" : "") + String($0, radix: 16) }.joined(
            separator: " ")
        return (
            "is no file of weights that is known here; it begins with the bytes \(bytes)",
            "Name a .safetensors file, or a .pt or .pth file that PyTorch wrote."
        )
    }

    private static func firstLine(_ text: String) -> String {
        shown(String(text.prefix { !$0.isNewline }.prefix(60)))
    }

    private static func title(_ text: String) -> String {
        guard let start = text.range(of: "<title>", options: .caseInsensitive),
            let end = text.range(
                of: "</title>", options: .caseInsensitive, range: start.upperBound..<text.endIndex)
        else { return "" }
        return
            " (\(shown(text[start.upperBound..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines))))"
    }

    /// A folder without a checkpoint of this project in it: what it holds instead.
    static func folder(_ path: String) -> CheckpointError {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        func found(_ problem: String, _ remedy: String) -> CheckpointError {
            CheckpointError(
                path: path,
                problem: "is a folder without \(WeightsFile.nameInCheckpoint)\(problem)",
                remedy: remedy)
        }
        if names.contains("saved_model.pb") {
            return found(
                ": a model of TensorFlow", "Name the weights as PyTorch or safetensors has them.")
        }
        if names.contains("data.pkl") {
            return found(
                ": an unpacked file of PyTorch",
                "Name the .pt or .pth file as it was before it was unpacked.")
        }
        if names.contains(where: { $0.hasSuffix(".index.json") }) {
            return found(
                ": its weights are stored in several files",
                "Name a file that holds them all: load the model with the library that wrote it, and save its state dict in one file."
            )
        }
        if names.contains(".metadata"), names.contains(where: { $0.hasSuffix(".distcp") }) {
            return found(
                ": a distributed checkpoint of PyTorch",
                "Make one file of it: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE.pt"
            )
        }
        if let checkpoint = names.last(where: {
            FileManager.default.fileExists(atPath: "\(path)/\($0)/\(WeightsFile.nameInCheckpoint)")
        }) {
            return found(
                ", so it is no checkpoint, but it holds some",
                "Name one of them, such as \(path)/\(checkpoint)")
        }
        let endings = [".safetensors", ".pth", ".pt", ".bin", ".ckpt"]
        if let file = names.first(where: { name in endings.contains { name.hasSuffix($0) } }) {
            return found(", so it is no checkpoint", "Name a file in it, such as \(path)/\(file)")
        }
        return found(", so it is no checkpoint", "Name one, such as work_dirs/…/iter_8000")
    }
}
