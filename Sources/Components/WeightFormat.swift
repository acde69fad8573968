/// How the files of another project name the tensors of a component.
public struct WeightFormat: Sendable {
    /// What the load report calls it, such as `OpenAI CLIP`.
    public let name: String
    /// A tensor's key within the component by its key in the file; nil for what belongs elsewhere or has no place.
    public let key: @Sendable (_ fileKey: String) -> String?
    /// A tensor of the file, by its key within the component, in this project's order of elements, where the file has another.
    public let value: (@Sendable (_ key: String, _ tensor: Tensor) throws -> Tensor)?

    public init(
        _ name: String, value: (@Sendable (_ key: String, _ tensor: Tensor) throws -> Tensor)? = nil,
        key: @escaping @Sendable (_ fileKey: String) -> String?
    ) {
        (self.name, self.value, self.key) = (name, value, key)
    }

    /// Keys of the component behind one of `prefixes`, the first that fits.
    ///
    /// - Parameters:
    ///   - dropping: beginnings, behind the prefix, of what the component does not have, such as a classifier
    ///   - replacing: beginnings, behind the prefix, that the component calls otherwise
    public init(_ name: String, behind prefixes: [String], dropping: [String] = [], replacing: [(String, String)] = []) {
        self.init(name) { fileKey in
            guard let prefix = prefixes.first(where: fileKey.hasPrefix) else { return nil }
            let key = String(fileKey.dropFirst(prefix.count))
            guard !dropping.contains(where: key.hasPrefix) else { return nil }
            guard let (old, new) = replacing.first(where: { key.hasPrefix($0.0) }) else { return key }
            return new + key.dropFirst(old.count)
        }
    }
}

/// A component whose weights other projects publish under names of their own.
public protocol PretrainedElsewhere: Module {
    static var weightFormats: [WeightFormat] { get }

    /// Beginnings of keys that such files usually lack, such as those of a pyramid on a published encoder: a file is not refused for that.
    static var unpublishedKeys: [String] { get }
}

extension PretrainedElsewhere {
    public static var unpublishedKeys: [String] { [] }
}

/// A module that computes tensors by itself which others store, such as tables of places: those of a file are passed over.
public protocol Deriving: Module {
    /// Their keys within this module.
    var derivedKeys: [String] { get }
}

/// A module that can bring a tensor of a file to the shape that its own has: positional embeddings of another grid or length.
public protocol WeightAdapting: Module {
    /// - Parameters:
    ///   - key: within this module
    ///   - shape: the model's
    /// - Returns: nil where the tensor cannot be brought to that shape
    func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor?
}
