/// The form that PyTorch wrote from 2017 to 1.5, and since on demand: pickles of a magic number, a
/// version, the machine, the value and the storages' keys; then each storage, a count of 64 bits
/// and its elements.
struct TorchLegacyFile: TorchStoragePlaces {
    /// 0x1950a86a20f9469cfc6c, little-endian.
    private static let magic: [UInt8] = [
        0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]

    private let places: [String: Range<Int>]
    let root: PickleValue
    let heap: PickleHeap

    /// - Throws: `CheckpointError`.
    init(_ file: Descriptor) throws(CheckpointError) {
        var reader = PickleReader(FileCursor(file, 0..<(try file.size()), part: "its pickle"))
        guard case .long(Self.magic) = try reader.read() else {
            throw CheckpointError(
                path: file.path, problem: "is a pickle, but not one that torch.save wrote",
                remedy:
                    "Load it with Python where you trust it, and save its tensors with torch.save.")
        }
        guard case .int(1001) = try reader.read() else {
            throw .damaged(file.path, "is not of version 1001, the only one of its form")
        }
        let machine = try reader.read()
        if case .bool(false)? = reader.heap.lookup("little_endian", in: machine) {
            throw CheckpointError(
                path: file.path,
                problem: "has its numbers in the byte order of another kind of machine",
                remedy:
                    "Load it with PyTorch where you trust it, and save it again on this machine.")
        }
        root = try reader.read()
        let keys = try reader.read()
        heap = reader.heap
        places = try Self.places(heap.items(keys) ?? [], heap, &reader.cursor)
    }

    private static func places(
        _ keys: [PickleValue], _ heap: PickleHeap, _ cursor: inout FileCursor
    ) throws(CheckpointError) -> [String: Range<Int>] {
        let sizes = Dictionary(heap.storages.map { ($0.key, $0.element.size) }) { first, _ in first
        }
        var places: [String: Range<Int>] = [:]
        for value in keys {
            guard let key = value.string ?? value.int.map(String.init), key.utf8.count <= 256,
                let size = sizes[key]
            else {
                throw cursor.damaged("lists a storage that none of its tensors uses")
            }
            let place = cursor.position
            let count = Int(bitPattern: UInt(try cursor.number(8)))
            guard count >= 0, count <= (cursor.end - cursor.position) / size else {
                throw cursor.damaged(
                    "says at byte \(place) that storage \(shown(key)) has \(count) elements, more than the file has"
                )
            }
            guard
                places.updateValue(cursor.position..<cursor.position + count * size, forKey: key)
                    == nil
            else {
                throw cursor.damaged("has storage \(shown(key)) twice")
            }
            try cursor.skip(count * size)
        }
        return places
    }

    func bytes(_ key: String) throws(CheckpointError) -> Range<Int>? { places[key] }

    /// This form has no checksums.
    func verify(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {}
}
