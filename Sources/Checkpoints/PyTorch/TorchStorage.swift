import DenseKitTorch

/// The type of a storage's elements, under the name that PyTorch gives it.
struct TorchElement: Equatable {
    /// Such as `float32`.
    let name: String
    /// The bytes of an element.
    let size: Int
    /// Nil where the engine does not have it.
    let dtype: DType?

    init(_ dtype: DType) {
        name = "\(dtype)"
        size = dtype.size
        self.dtype = dtype
    }

    /// One that the engine does not have.
    init(_ name: String, size: Int) {
        self.name = name
        self.size = size
        dtype = nil
    }

    /// Bytes that tensors give a type.
    static let untyped = TorchElement("bytes", size: 1)
}

/// A piece of memory that tensors view, as the pickle declares it.
struct TorchStorage {
    /// Its name in the file.
    let key: String
    let element: TorchElement
    /// The elements that lie under `key`.
    let fileCount: Int
    /// Those of them that it has: all, but for views that PyTorch wrote before 1.0.
    let range: Range<Int>
}

/// A tensor, as the pickle declares it: checked to lie within its storage.
struct TorchTensor {
    /// Place in the heap.
    let storage: Int
    let element: TorchElement
    /// The first element in what lies under the storage's key, in elements.
    let offset: Int
    let shape: [Int]
    /// In elements.
    let strides: [Int]

    /// - Returns: nil where `shape`, `strides` and `offset` (counted from the storage's start) do
    ///   not describe elements of `storage`.
    init?(
        _ place: Int, _ storage: TorchStorage, element: TorchElement, offset: Int, shape: [Int],
        strides: [Int]
    ) {
        guard shape.count == strides.count, shape.count <= 64, offset >= 0,
            storage.element.size <= element.size
        else {
            return nil
        }
        let scale = element.size / storage.element.size
        let available = storage.range.count / scale
        var count = 1  // were lengths of 0 lengths of 1
        var last = offset
        for (size, stride) in zip(shape, strides) {
            guard size >= 0, stride >= 0 else { return nil }
            let (product, tooMany) = count.multipliedReportingOverflow(by: max(size, 1))
            let (reach, tooFar) = stride.multipliedReportingOverflow(by: max(size, 1) - 1)
            let (end, beyond) = last.addingReportingOverflow(reach)
            guard !tooMany, !tooFar, !beyond, product <= Int.max / 16 else { return nil }
            count = product
            last = end
        }
        let isEmpty = shape.contains(0)
        // More elements than the storage has are no damage: a tensor that `expand` made shows the
        // same ones many times.
        guard isEmpty ? offset <= available : last < available else { return nil }
        self.storage = place
        self.element = element
        self.offset = storage.range.lowerBound / scale + offset
        self.shape = shape
        self.strides = strides
    }
}
