import DenseKitNN

/// The name of an output and the part of it that is stored, in Python's notation: `stage1[:, ::4]`
/// is every fourth channel, `scores[0, ..., :8]` the first eight of the last dimension of element
/// 0.
public struct OutputName: Sendable {
    /// The name without the index.
    public let name: String
    private let indices: [Index]

    private enum Index: Sendable {
        case slice(from: Int?, to: Int?, step: Int)
        case element(Int)
        case rest
    }

    /// Parses a name with an optional index; brackets that are not a valid index belong to the
    /// name.
    public init(_ text: String) {
        guard text.hasSuffix("]"), let bracket = text.lastIndex(of: "["),
            bracket != text.startIndex,
            let indices = Self.indices(text[text.index(after: bracket)...].dropLast())
        else {
            name = text
            indices = []
            return
        }
        name = String(text[..<bracket])
        self.indices = indices
    }

    private static func indices(_ text: Substring) -> [Index]? {
        var indices: [Index] = []
        var hasRest = false
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let part = part.filter { $0 != " " }
            if part == "..." {
                guard !hasRest else { return nil }
                hasRest = true
                indices += [.rest]
            } else if let index = Int(part) {
                indices.append(.element(index))
            } else {
                let bounds = part.split(separator: ":", omittingEmptySubsequences: false)
                let numbers = bounds.map { Int($0) }
                guard (2...3).contains(bounds.count),
                    zip(bounds, numbers).allSatisfy({ $0.isEmpty || $1 != nil })
                else {
                    return nil
                }
                let step = bounds.count == 3 ? numbers[2] ?? 1 : 1
                guard step > 0 else { return nil }
                indices.append(.slice(from: numbers[0], to: numbers[1], step: step))
            }
        }
        return indices
    }

    /// The stored part of the whole output. Throws `TorchError` where the output has no such part.
    func cut(_ tensor: Tensor) throws -> Tensor {
        var result = tensor
        var dim = 0
        for (place, index) in indices.enumerated() {
            switch index {
            case .slice(let from, let to, let step):
                result = try result.sliced(dim, from: from ?? 0, to: to ?? .max, step: step)
                dim += 1
            case .element(let index): result = try result.selected(dim, index)
            case .rest: dim = result.rank - (indices.count - place - 1)
            }
        }
        return result
    }
}
