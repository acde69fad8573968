import DenseKitCheckpoints
import DenseKitComponents
import DenseKitVision

/// Weights of any supported form, to be written as safetensors.
///
///     try ConvertedWeights("RN50.pt").write(to: "RN50.safetensors")
///
/// Nothing in the file is executed. Half precision becomes float32 unless it is kept.
public struct ConvertedWeights {
    /// The path of the file that was read.
    public let path: String
    /// The tensors by their keys.
    public let tensors: [String: Tensor]
    /// The metadata to write: that of the file, with `format` where it has none.
    public let metadata: [String: String]
    /// The tensors of the file that cannot be read and are left out, in the order of their names;
    /// empty where a model took what it needs.
    public let leftOut: [(name: String, tensor: UnreadTensor)]
    /// What a model took of the file; nil where the weights are converted without one.
    public let report: LoadReport?

    /// All tensors of a file that can be read, with the file's keys without wrappers such as
    /// `state_dict` and `module.`.
    ///
    /// - Parameters:
    ///   - path: a checkpoint directory, a safetensors file, or a PyTorch file
    ///   - keepingTypes: whether half precision is kept
    /// - Throws: `CheckpointError` for a path that holds no weights.
    public init(_ path: String, keepingTypes: Bool = false) throws {
        let content = try WeightsFile.load(path)
        let keys = WrapperNames(content.tensors.keys).keys
        let pairs = content.tensors.map { (keys[$0.key] ?? $0.key, $0.value) }
        let leftOut = content.unread.sorted { $0.key < $1.key }.map {
            (name: $0.key, tensor: $0.value)
        }
        try self.init(
            path, Dictionary(pairs) { first, _ in first }, content.metadata, leftOut: leftOut,
            report: nil,
            keepingTypes: keepingTypes)
    }

    /// The tensors of a file that the model of `experiment` takes, with the model's keys.
    ///
    /// - Parameters:
    ///   - path: a checkpoint directory, a safetensors file, or a PyTorch file
    ///   - experiment: whose model takes the tensors
    ///   - classes: the number of classes, where the file does not name them; if nil, the classes
    ///     of the training data
    ///   - ignore: beginnings of the file's keys that have no place in the model and are left out
    ///   - keepingTypes: whether half precision is kept
    /// - Throws: `CheckpointError` for a path that holds no weights, `LoadError` for weights of
    ///   another model, and what building the model throws.
    public init(
        _ path: String, for experiment: Experiment, classes: Int? = nil, ignore: [String] = [],
        keepingTypes: Bool = false
    ) throws {
        let content = try WeightsFile.load(path)
        let known = Checkpoint.classes(in: content.metadata) ?? classes.map(ClassList.placeholders)
        let list = try known ?? experiment.classes(of: "train")
        let model = try experiment.model(list)
        let report = try model.loadPretrained(
            content.tensors, ignore: ignore, atLeast: 0, unread: content.unread, source: path)
        let taken = Set(report.matched)
        let tensors = try model.namedTensors().filter { taken.contains($0.name) }
        try self.init(
            path, Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) }),
            content.metadata,
            leftOut: [], report: report, keepingTypes: keepingTypes)
    }

    private init(
        _ path: String, _ tensors: [String: Tensor], _ metadata: [String: String],
        leftOut: [(name: String, tensor: UnreadTensor)], report: LoadReport?, keepingTypes: Bool
    ) throws {
        self.path = path
        self.leftOut = leftOut
        self.report = report
        self.tensors = try tensors.mapValues { tensor in
            let isHalf = [.float16, .bfloat16].contains(tensor.dtype)
            return isHalf && !keepingTypes ? try tensor.to(.float32) : tensor
        }
        // What readers of the format expect of PyTorch's weights.
        self.metadata = metadata.merging(["format": "pt"]) { own, _ in own }
    }

    /// Writes a safetensors file with a checksum for each tensor.
    ///
    /// - Throws: `CheckpointError` where the file that was read holds no tensor that can be read,
    ///   and where this one cannot be written.
    public func write(to path: String) throws {
        guard report != nil || !tensors.isEmpty else {
            throw CheckpointError(
                path: self.path, problem: "holds no tensor that can be read",
                remedy: leftOut.first?.tensor.remedy)
        }
        let sorted = tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        try TensorFile.save(sorted, metadata: metadata, to: path)
    }
}
