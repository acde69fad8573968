import DenseKitCore
import Foundation
import TemporaryFolders
import Testing

/// Trains the model that `name` speaks of one short step on two small images; saved and loaded into
/// another of its kind, its weights must predict the same.
///
/// Returns the parameters that learn and got no gradient.
func trainSaveAndLoad(_ name: String, classes: Int = 3, _ make: () throws -> DenseModel) throws
    -> [String]
{
    try RandomGenerator.seed(1)
    let model = try make()
    let images = try Tensor.empty([2, 3, 64, 64]).normalInPlace(std: 1)
    let labels = try Tensor.from((0..<2 * 64 * 64).map { Int64($0 / 64 % classes) }).reshaped([
        2, 64, 64,
    ])
    let before = try logits(model, images)
    try model.setTraining(true)
    let things = try InstanceTargets(
        boxes: Tensor.from([4, 4, 40, 44, 20, 8, 60, 60] as [Float], shape: [2, 4]),
        labels: Tensor.from([0, Int64(classes - 1)]),
        ignoredBoxes: Tensor.zeros([0, 4]), masks: Tensor.ones([2, 64, 64], dtype: .uint8))
    let targets = Targets(labels: labels, instances: [things, things])
    let parameters = try model.namedParameters()
    let groups = try parameterGroups(parameters, customKeys: [:])
    let optimizer = SGD(groups, learningRate: 0.01)
    // The gradients of one recipe are a thousand times another's.
    let step = try TrainingStep(model, optimizer, clipping: GradientClipping(maxNorm: 1))
    try step(learningRates: [0.01]) { _ in
        try model.losses(images, targets, ForwardPass(progress: 0))
    }
    let unreached = parameters.filter { $0.tensor.requiresGrad && $0.tensor.grad == nil }.map(
        \.name)
    let after = try logits(model, images)
    #expect(
        after.count == before.count && after != before && after.allSatisfy(\.isFinite), "\(name)")

    let folder = try TemporaryFolder()
    let file = folder.file("model.safetensors")
    try TensorFile.save(model.namedTensors().map { ($0.name, $0.tensor) }, to: file)
    try RandomGenerator.seed(2)
    let other = try make()
    #expect(try logits(other, images) != after, "\(name)")
    #expect(try other.load(TensorFile.load(file).tensors).isComplete, "\(name)")
    #expect(try logits(other, images) == after, "\(name)")
    return unreached
}

private func logits(_ model: DenseModel, _ images: Tensor) throws -> [Float] {
    try model.setTraining(false)
    return try withoutGrad {
        var detected: [Float] = []  // what a detector's first branch says, before it chooses
        let step = ForwardPass { name, tensor in
            if name.hasPrefix("cls.") || name.hasPrefix("rpn_cls.") {
                detected += try tensor.contiguous().floats()
            }
        }
        guard let found = try model.predictions(images, step) as? SegmentationPredictions else {
            return detected
        }
        return try found.classify(found.embedding).contiguous().floats()
    }
}
