import NN

/// Tensors of a file that PyTorch wrote.
///
/// Reads state dicts and training checkpoints (`torch.save`, as a zip archive or in the older form) and TorchScript archives (`torch.jit.save`).
/// Pickles are programs: they are read as data here and run nothing; a file that asks for anything that weights do not need is refused.
public enum TorchFile {
    /// Whether a file with these first bytes is one: a zip archive or a pickle. (A tar archive too, where 262 bytes are given: `load` knows it.)
    public static func recognizes(_ prefix: [UInt8]) -> Bool { form(prefix) != nil }

    /// Every tensor of the file's state dict by name, in the element type that the file has, and what the file says of itself.
    ///
    /// The state dict is what stands under `state_dict`, `model`, `model_state_dict`, `model_state` or `net`, or the file's top level; a
    /// `module.` that all names begin with is dropped. Numbers in it become tensors without dimensions. Tensors that share memory in the file share
    /// it here. The metadata, where mmcv or mmengine wrote the file: `classes` and `palette` in JSON, versions, `iter`, `epoch`, `config`.
    /// - Throws: `CheckpointError`.
    public static func load(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        let file = try Descriptor(reading: path)
        let prefix = try file.bytes(at: 0, count: min(512, try file.size()))
        switch form(prefix) {
        case .zip:
            let archive = try TorchArchive(file)
            let (root, heap) = try archive.read()
            return try load(root, heap, TorchStorageReader(file, archive))
        case .pickle:
            let legacy = try TorchLegacyFile(file)
            return try load(legacy.root, legacy.heap, TorchStorageReader(file, legacy))
        case .tar:
            throw CheckpointError(
                path: path, problem: "is a tar archive, the form that PyTorch wrote until early 2017",
                remedy: "Load it with PyTorch where you trust it, and save it again.")
        case nil:
            throw CheckpointError.damaged(path, "is neither a zip archive nor a pickle")
        }
    }

    private enum Form { case zip, pickle, tar }

    private static func form(_ prefix: [UInt8]) -> Form? {
        if prefix.starts(with: [0x50, 0x4B, 3, 4]) { return .zip }
        if prefix.count >= 262, prefix[257..<262].elementsEqual("ustar".utf8) { return .tar }
        guard prefix.count >= 2, prefix[0] == 0x80, (1...5).contains(prefix[1]) else { return nil }
        // The length of a safetensors file's header may begin the same; its four high bytes are 0 and "{" follows.
        let isSafetensors = prefix.count > 8 && prefix[4..<8].allSatisfy { $0 == 0 } && prefix[8] == UInt8(ascii: "{")
        return isSafetensors ? nil : .pickle
    }

    private static func load(
        _ root: PickleValue, _ heap: PickleHeap, _ storages: TorchStorageReader
    ) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        var storages = storages
        var tensors: [String: Tensor] = [:]
        for (name, value) in try StateDict(root, heap, path: storages.file.path).entries {
            if case .tensor(let place) = value {
                tensors[name] = try storages.tensor(heap.tensors[place], name: name, in: heap)
            } else {
                tensors[name] = try storages.number(value)
            }
        }
        return (tensors, CheckpointMetadata(root, heap).values)
    }
}
