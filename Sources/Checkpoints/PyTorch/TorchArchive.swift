/// The zip form of PyTorch's files: `NAME/data.pkl` and a member `NAME/data/KEY` for each storage.
/// TorchScript adds its program, which is not read.
struct TorchArchive: TorchStoragePlaces {
    private let archive: ZipArchive
    private let prefix: String

    /// - Throws: `CheckpointError`.
    init(_ file: Descriptor) throws(CheckpointError) {
        archive = try ZipArchive(file)
        let pickles = archive.members.keys.filter { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw Self.foreign(file.path, archive.members.keys.sorted(), pickles: pickles.count)
        }
        prefix = String(pickle.dropLast("data.pkl".count))
    }

    /// A zip archive that PyTorch did not write.
    private static func foreign(_ path: String, _ members: [String], pickles: Int)
        -> CheckpointError
    {
        guard pickles == 0 else {
            return CheckpointError(
                path: path,
                problem: "is a zip archive with \(pickles) members data.pkl; one is expected",
                remedy: "Name a file that torch.save or torch.jit.save wrote.")
        }
        let problem = "is a zip archive without a data.pkl, so torch.save did not write it"
        for (endings, remedy) in [
            (
                [".pth", ".pt", ".bin", ".ckpt", ".safetensors"],
                "Unpack it, and name the file of weights in it."
            ),
            (
                [".npy"],
                "These are arrays of NumPy: save them with torch.save, as a dictionary of tensors."
            ),
        ] {
            guard
                let packed = members.first(where: { name in endings.contains { name.hasSuffix($0) }
                })
            else { continue }
            return CheckpointError(
                path: path, problem: problem + "; it holds \(shown(packed))", remedy: remedy)
        }
        return CheckpointError(
            path: path, problem: problem,
            remedy: "Name a file that torch.save or torch.jit.save wrote.")
    }

    /// The file's one value.
    /// - Throws: `CheckpointError`.
    func read() throws(CheckpointError) -> (root: PickleValue, heap: PickleHeap) {
        guard let member = try archive.stored(prefix + "data.pkl") else {
            throw .damaged(archive.file.path, "lacks its data.pkl")
        }
        try checkByteOrder()
        try archive.verify(member)
        var reader = PickleReader(FileCursor(archive.file, member.bytes, part: "data.pkl"))
        return (try reader.read(), reader.heap)
    }

    func bytes(_ key: String) throws(CheckpointError) -> Range<Int>? {
        try archive.stored(prefix + "data/" + key)?.bytes
    }

    func verify(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        guard let member = archive.members[prefix + "data/" + key] else { return }
        try archive.verify(member, CRC32.checksum(bytes))
    }

    /// Since 2.1 PyTorch records the byte order of numbers; before, it was that of the machine,
    /// which was little-endian with few exceptions.
    private func checkByteOrder() throws(CheckpointError) {
        guard let member = try archive.stored(prefix + "byteorder") else { return }
        try archive.verify(member)
        let order = String(
            decoding: try archive.file.bytes(
                at: member.bytes.lowerBound, count: min(16, member.bytes.count)), as: UTF8.self)
        guard order == "little" else {
            throw CheckpointError(
                path: archive.file.path,
                problem: "has its numbers in byte order \(shown(order)); \"little\" is expected",
                remedy:
                    "Load it with PyTorch where you trust it, and save it again on this machine.")
        }
    }
}
