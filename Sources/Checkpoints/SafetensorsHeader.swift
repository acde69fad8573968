import DenseKitErrors

/// The header of a safetensors file, parsed and checked.
///
/// A parser for this one form of JSON: it needs no recursion, so no nesting exhausts the stack, and
/// it detects names that occur twice.
struct SafetensorsHeader {
    /// What is wrong, without the path.
    struct Problem: DenseKitError, Equatable {
        let text: String
        var problem: String { text }
        var origin: ErrorOrigin { .input }
    }

    struct Tensor: Equatable {
        var name: String
        /// What the file calls the type of its elements.
        var type: String
        var shape: [Int]
        /// In the data behind the header.
        var offsets: Range<Int>
        /// Nil for a type that is not known here.
        var dtype: SafetensorsType? { SafetensorsType(rawValue: type) }
    }

    private(set) var tensors: [Tensor] = []
    private(set) var metadata: [String: String] = [:]

    /// - Parameter dataSize: the bytes behind the header; the tensors have to fill them.
    init(_ json: [UInt8], dataSize: Int) throws(Problem) {
        var scanner = JSONScanner(json)
        var names: Set<String> = []
        try scanner.object { scanner, name throws(Problem) in
            guard names.insert(name).inserted else {
                throw Problem(text: "names \(shown(name)) twice in its header")
            }
            if name == "__metadata__" {
                try scanner.object { scanner, key throws(Problem) in
                    guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
                        throw Problem(text: "names \(shown(key)) twice in its metadata")
                    }
                }
            } else {
                tensors.append(try Self.tensor(name, &scanner))
            }
        }
        try scanner.end()
        try checkOffsets(dataSize: dataSize)
    }

    /// The engine's own kernels count on no more.
    private static let dimensionLimit = 64

    private static func tensor(_ name: String, _ scanner: inout JSONScanner) throws(Problem)
        -> Tensor
    {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { scanner, key throws(Problem) in
            let isNew: Bool
            switch key {
            case "dtype": (isNew, type) = (type == nil, try scanner.string())
            case "shape": (isNew, shape) = (shape == nil, try scanner.numbers())
            case "data_offsets": (isNew, offsets) = (offsets == nil, try scanner.numbers())
            default:
                throw Problem(
                    text: "has an unknown key \(shown(key)) in the header of tensor \(shown(name))")
            }
            guard isNew else {
                throw Problem(
                    text: "has \(shown(key)) twice in the header of tensor \(shown(name))")
            }
        }
        guard let type, let shape, let offsets else {
            throw Problem(
                text: "lacks dtype, shape or data_offsets in the header of tensor \(shown(name))")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            let found =
                offsets.count > 4 ? "\(offsets.count) data_offsets" : "the data_offsets \(offsets)"
            throw Problem(
                text:
                    "gives tensor \(shown(name)) \(found); a start and an end behind it are expected"
            )
        }
        guard shape.count <= dimensionLimit else {
            throw Problem(
                text:
                    "gives tensor \(shown(name)) \(shape.count) dimensions; \(dimensionLimit) are allowed"
            )
        }
        let tensor = Tensor(name: name, type: type, shape: shape, offsets: offsets[0]..<offsets[1])
        // How many bytes an element of an unknown type has cannot be checked.
        guard let dtype = tensor.dtype else { return tensor }
        guard let count = dtype.byteCount(shape) else {
            throw Problem(
                text: "gives tensor \(shown(name)) the shape \(shape), which no memory can hold")
        }
        guard count == offsets[1] - offsets[0] else {
            throw Problem(
                text:
                    "gives tensor \(shown(name)) \(offsets[1] - offsets[0]) bytes, but \(type) of shape \(shape) has \(count)"
            )
        }
        return tensor
    }

    /// Every byte belongs to exactly one tensor.
    private func checkOffsets(dataSize: Int) throws(Problem) {
        var end = 0
        for tensor in tensors.sorted(by: {
            ($0.offsets.lowerBound, $0.offsets.upperBound) < (
                $1.offsets.lowerBound, $1.offsets.upperBound
            )
        }) {
            let start = tensor.offsets.lowerBound
            guard start == end else {
                throw Problem(
                    text: start < end
                        ? "has tensor \(shown(tensor.name)) overlap the one before it"
                        : "has a hole in front of tensor \(shown(tensor.name))")
            }
            end = tensor.offsets.upperBound
        }
        guard end == dataSize else {
            throw Problem(
                text: "has \(dataSize) bytes behind its header, but its tensors have \(end)")
        }
    }
}
