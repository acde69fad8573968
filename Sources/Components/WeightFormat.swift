/// The naming of a component's tensors in the weight files of another project.
public struct WeightFormat: Sendable {
    /// The name in the load report, such as `OpenAI CLIP`.
    public let name: String
    /// Maps a key of the file to the key within the component; nil for keys that do not belong to
    /// the format.
    public let key: @Sendable (_ fileKey: String) -> String?
    /// Whether a tensor of the file may be left out where the component lacks it: a classifier, or
    /// a part of another component. A file with any other tensor that has no place is refused.
    public let isUnneeded: @Sendable (_ fileKey: String) -> Bool
    /// Converts a tensor of the file, given its key within the component, to this project's order
    /// of elements; nil where the order is equal.
    public let value: (@Sendable (_ key: String, _ tensor: Tensor) throws -> Tensor)?
    /// Prefixes of keys that every file of the format has and files with similar names lack.
    public let marks: [String]

    /// - Parameters:
    ///   - name: of the format, for the report of loading
    ///   - dropping: prefixes of the file's keys that a component may lack
    ///   - marks: prefixes of keys that every such file has
    ///   - value: changes a tensor of the file; nil takes it as it is
    ///   - key: the component's key for a key of the file; nil for one that the format does not
    ///     know
    public init(
        _ name: String, dropping: [String] = [], marks: [String] = [],
        value: (@Sendable (_ key: String, _ tensor: Tensor) throws -> Tensor)? = nil,
        key: @escaping @Sendable (_ fileKey: String) -> String?
    ) {
        self.name = name
        self.marks = marks
        self.value = value
        self.key = key
        isUnneeded = { fileKey in dropping.contains(where: fileKey.hasPrefix) }
    }

    /// A format whose keys are the component's after one of `prefixes`, the first that fits; other
    /// keys belong to other components.
    ///
    /// - Parameters:
    ///   - name: of the format, for the report of loading
    ///   - prefixes: what may stand before the component's keys in the file
    ///   - dropping: prefixes of keys, after the format's prefix, that a component may lack, such
    ///     as a classifier
    ///   - replacing: prefixes of keys, after the format's prefix, with those that the component
    ///     has instead
    ///   - marks: prefixes of keys that every such file has
    public init(
        _ name: String, behind prefixes: [String], dropping: [String] = [],
        replacing: [(String, String)] = [],
        marks: [String] = []
    ) {
        @Sendable func inside(_ fileKey: String) -> Substring? {
            prefixes.first(where: fileKey.hasPrefix).map { fileKey.dropFirst($0.count) }
        }
        self.name = name
        self.marks = marks
        value = nil
        key = { fileKey in
            guard let key = inside(fileKey) else { return nil }
            guard let (old, new) = replacing.first(where: { key.hasPrefix($0.0) }) else {
                return String(key)
            }
            return new + key.dropFirst(old.count)
        }
        isUnneeded = { fileKey in
            inside(fileKey).map { key in dropping.contains(where: key.hasPrefix) } ?? true
        }
    }
}

extension WeightFormat {
    /// Key prefixes of parts that pretrained encoders have and dense prediction does not need:
    /// classifiers and projections.
    public static let heads = [
        "fc.", "head.", "heads.", "head_dist.", "classifier.", "last_linear.", "linear.", "logits.",
        "pre_logits.", "projector.",
        "projection_head.", "predictor.",
    ]
}

/// A component whose weights other projects publish under their own names.
public protocol ExternalWeights: Module {
    /// The formats that its weights are published in.
    static var weightFormats: [WeightFormat] { get }

    /// Key prefixes that published files usually lack, such as those of a pyramid on top of an
    /// encoder: a file is not refused for lacking them. Empty by default.
    static var unpublishedKeys: [String] { get }
}

extension ExternalWeights {
    /// Empty by default: published files have every key.
    public static var unpublishedKeys: [String] { [] }
}

/// A module that computes tensors which other projects store, such as tables of position indices:
/// those of a file are skipped.
public protocol Deriving: Module {
    /// The keys of the computed tensors within this module.
    var derivedKeys: [String] { get }
}

/// A module that can adapt a tensor of a file to the shape of its own, such as position embeddings
/// for another grid or length.
public protocol WeightAdapting: Module {
    /// A tensor of a file in the shape of this module's tensor `key`.
    ///
    /// - Parameters:
    ///   - tensor: as the file has it, `[…]`
    ///   - key: the tensor's key within this module
    ///   - shape: the shape of the model's tensor
    /// - Returns: the tensor in `shape`; nil where it cannot be adapted
    func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor?
}
