import DenseKitNN

/// Reads the tensors of files written by PyTorch.
///
/// Reads state dicts and training checkpoints (`torch.save`, as a zip archive or in the older form)
/// and TorchScript archives (`torch.jit.save`). Pickles are programs: here they are read as data
/// and run nothing; a file that uses anything beyond what weights need is refused.
public enum TorchFile {
    /// Whether a file that begins with these bytes is a zip archive or a pickle, as PyTorch writes
    /// them. (True for a tar archive too, where 262 bytes are given: `load` reports what it is.)
    public static func recognizes(_ prefix: [UInt8]) -> Bool { form(prefix) != nil }

    /// Every tensor of the file's state dict by name, in the element type of the file, and the
    /// file's metadata.
    ///
    /// The state dict is the value of `state_dict`, `model`, `model_state_dict`, `model_state` or
    /// `net`, or else the file's top level; in a file without those it is every dictionary of
    /// tensors, with its name before each key. Numbers in it become tensors without dimensions.
    ///
    /// Tensors that share memory in the file share it here; a tensor that shows elements of its
    /// storage more than once stays such a view. Tensors in a form that the engine lacks (complex,
    /// quantized, sparse) are listed as unread. Files of mmcv or mmengine have metadata: `classes`
    /// and `palette` in JSON, versions, `iter`, `epoch`, `config`.
    ///
    /// - Throws: `CheckpointError` for a file that cannot be read, is damaged, or is refused.
    public static func load(_ path: String) throws -> WeightsFile.Content {
        let file = try Descriptor(reading: path)
        let prefix = try file.bytes(at: 0, count: min(512, file.size()))
        switch form(prefix) {
        case .zip:
            let archive = try TorchArchive(file)
            let (root, heap) = try archive.read()
            return try load(root, heap, TorchStorageReader(file, archive))
        case .pickle:
            let legacy = try TorchLegacyFile(file)
            return try load(legacy.root, legacy.heap, TorchStorageReader(file, legacy))
        case .tar:
            let first = String(decoding: prefix.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
                .split(separator: "/").last
            let isTorch =
                first.map { ["sys_info", "pickle", "tensors", "storages"].contains($0) } ?? true
            throw isTorch
                ? CheckpointError(
                    path: path,
                    problem: "is a tar archive, the form that PyTorch wrote until early 2017",
                    remedy: "Load it with PyTorch where you trust it, and save it again.")
                : CheckpointError(
                    path: path,
                    problem:
                        "is a tar archive, whose first member is \(shown(String(first ?? "")))",
                    remedy: "Unpack it, and name the file of weights in it.")
        case nil:
            throw CheckpointError.damaged(path, "is neither a zip archive nor a pickle")
        }
    }

    private enum Form { case zip, pickle, tar }

    private static func form(_ prefix: [UInt8]) -> Form? {
        if prefix.starts(with: [0x50, 0x4B, 3, 4]) { return .zip }
        if prefix.count >= 262, prefix[257..<262].elementsEqual("ustar".utf8) { return .tar }
        guard prefix.count >= 2, prefix[0] == 0x80, (1...5).contains(prefix[1]) else { return nil }
        // The length of a safetensors file's header may begin the same; its four high bytes are 0
        // and "{" follows.
        let isSafetensors =
            prefix.count > 8 && prefix[4..<8].allSatisfy { $0 == 0 }
            && prefix[8] == UInt8(ascii: "{")
        return isSafetensors ? nil : .pickle
    }

    private static func load(
        _ root: PickleValue, _ heap: PickleHeap, _ storages: TorchStorageReader
    ) throws -> WeightsFile.Content {
        var storages = storages
        var content = WeightsFile.Content(metadata: CheckpointMetadata(root, heap).values)
        for (name, value) in try StateDict(root, heap, path: storages.file.path).entries {
            // A name that occurs twice has its last value.
            content.tensors[name] = nil
            content.unread[name] = nil
            switch value {
            case .tensor(let place):
                let tensor = heap.tensors[place]
                if let dtype = tensor.element.dtype {
                    content.tensors[name] = try storages.tensor(tensor, dtype, name: name, in: heap)
                } else {
                    content.unread[name] = UnreadTensor(
                        elementType: tensor.element.name,
                        remedy: "Convert it to float32 with PyTorch.")
                }
            case .unread(let place): content.unread[name] = heap.unread[place]
            default: content.tensors[name] = try storages.number(value)
            }
        }
        return content
    }
}
