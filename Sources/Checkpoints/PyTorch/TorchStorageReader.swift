import DenseKitTorch

/// Where the bytes of storages are in a file.
protocol TorchStoragePlaces {
    /// The bytes of the storage under `key`; nil where the file has none.
    /// - Throws: `CheckpointError`.
    func bytes(_ key: String) throws(CheckpointError) -> Range<Int>?
    /// Compares what was read for `key` with what the file knows of it.
    /// - Throws: `CheckpointError`.
    func verify(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(CheckpointError)
}

/// Reads storages, each once, and cuts tensors out of them. What is not needed is not read.
struct TorchStorageReader {
    let file: Descriptor
    let places: any TorchStoragePlaces
    private var storages: [String: Tensor] = [:]

    init(_ file: Descriptor, _ places: any TorchStoragePlaces) {
        self.file = file
        self.places = places
    }

    /// A view on its storage, whose elements are of the engine's type `dtype`.
    /// - Throws: `CheckpointError`.
    mutating func tensor(
        _ tensor: TorchTensor, _ dtype: DType, name: String, in heap: PickleHeap
    ) throws(CheckpointError) -> Tensor {
        let elements = try elements(heap.storages[tensor.storage], dtype)
        guard elements.dtype == dtype else {
            throw .damaged(
                file.path,
                "views the storage of tensor \(shown(name)) as \(elements.dtype) and as \(dtype)")
        }
        return try engine {
            try elements.asStrided(tensor.shape, strides: tensor.strides, offset: tensor.offset)
        }
    }

    /// A tensor of one number.
    /// - Throws: `CheckpointError`.
    func number(_ value: PickleValue) throws(CheckpointError) -> Tensor? {
        switch value {
        case .int(let number): try engine { try Tensor.from([Int64(number)], shape: []) }
        case .float(let number): try engine { try Tensor.full([], number, dtype: .float64) }
        default: nil
        }
    }

    private mutating func elements(_ storage: TorchStorage, _ dtype: DType) throws(CheckpointError)
        -> Tensor
    {
        let size = storage.fileCount * storage.element.size
        guard let bytes = try places.bytes(storage.key) else {
            throw .damaged(
                file.path, "lacks storage \(shown(storage.key)), which its pickle asks for")
        }
        guard bytes.count == size else {
            throw .damaged(
                file.path,
                "says that storage \(shown(storage.key)) has \(storage.fileCount) elements (\(storage.element.name), \(size) bytes), but has \(bytes.count) bytes of it"
            )
        }
        guard size % dtype.size == 0 else {
            throw .damaged(
                file.path,
                "has \(size) bytes in storage \(shown(storage.key)), no whole number of \(dtype) elements"
            )
        }
        if let known = storages[storage.key] { return known }
        let made = try engine { try Tensor.empty([size / dtype.size], dtype: dtype) }
        try engine {
            try made.withUnsafeMutableBytes { buffer in
                try file.read(at: bytes.lowerBound, into: buffer)
                try places.verify(storage.key, UnsafeRawBufferPointer(buffer))
            }
        }
        storages[storage.key] = made
        return made
    }

    /// The engine's message, as an error of the file.
    private func engine<Result>(_ body: () throws -> Result) throws(CheckpointError) -> Result {
        do {
            return try body()
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw CheckpointError(
                path: file.path, problem: "cannot be brought into memory (\(error))")
        }
    }
}
