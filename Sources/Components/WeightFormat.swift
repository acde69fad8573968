/// How the files of another project name the tensors of a component.
public struct WeightFormat: Sendable {
    /// What the load report calls it, such as `OpenAI CLIP`.
    public let name: String
    /// A tensor's key within the component by its key in the file; nil for what the format does not know.
    public let key: @Sendable (_ fileKey: String) -> String?
    /// Whether a tensor of the file has no use for a component that lacks it: a classifier, or what belongs elsewhere. What is neither this nor
    /// in the component refuses the file.
    public let isUnneeded: @Sendable (_ fileKey: String) -> Bool
    /// A tensor of the file, by its key within the component, in this project's order of elements, where the file has another.
    public let value: (@Sendable (_ key: String, _ tensor: Tensor) throws -> Tensor)?
    /// Beginnings of keys that every such file has, where others with similar names lack them.
    public let marks: [String]

    /// - Parameters:
    ///   - dropping: beginnings, in the file, of what a component may lack
    ///   - marks: beginnings of keys that every such file has
    public init(
        _ name: String, dropping: [String] = [], marks: [String] = [],
        value: (@Sendable (_ key: String, _ tensor: Tensor) throws -> Tensor)? = nil,
        key: @escaping @Sendable (_ fileKey: String) -> String?
    ) {
        (self.name, self.marks, self.value, self.key) = (name, marks, value, key)
        isUnneeded = { fileKey in dropping.contains(where: fileKey.hasPrefix) }
    }

    /// Keys of the component behind one of `prefixes`, the first that fits; other keys belong elsewhere.
    ///
    /// - Parameters:
    ///   - dropping: beginnings, behind the prefix, of what a component may lack, such as a classifier
    ///   - replacing: beginnings, behind the prefix, that the component calls otherwise
    ///   - marks: beginnings of keys that every such file has
    public init(
        _ name: String, behind prefixes: [String], dropping: [String] = [], replacing: [(String, String)] = [],
        marks: [String] = []
    ) {
        @Sendable func inside(_ fileKey: String) -> Substring? {
            prefixes.first(where: fileKey.hasPrefix).map { fileKey.dropFirst($0.count) }
        }
        (self.name, self.marks, value) = (name, marks, nil)
        key = { fileKey in
            guard let key = inside(fileKey) else { return nil }
            guard let (old, new) = replacing.first(where: { key.hasPrefix($0.0) }) else { return String(key) }
            return new + key.dropFirst(old.count)
        }
        isUnneeded = { fileKey in inside(fileKey).map { key in dropping.contains(where: key.hasPrefix) } ?? true }
    }
}

extension WeightFormat {
    /// Beginnings of what encoders have behind them when they are trained, and no dense prediction needs: classifiers and projections.
    public static let heads = [
        "fc.", "head.", "heads.", "head_dist.", "classifier.", "last_linear.", "linear.", "logits.", "pre_logits.", "projector.",
        "projection_head.", "predictor.",
    ]
}

/// A component whose weights other projects publish under names of their own.
public protocol ExternalWeights: Module {
    static var weightFormats: [WeightFormat] { get }

    /// Beginnings of keys that such files usually lack, such as those of a pyramid on a published encoder: a file is not refused for that.
    static var unpublishedKeys: [String] { get }
}

extension ExternalWeights {
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
