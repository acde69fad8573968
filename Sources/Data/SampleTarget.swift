import DenseKitComponents
import DenseKitVision

/// What a data set knows of an image besides its label map and its instances: what a task of a plugin's own trains on. It is as large as the image
/// and moves with it. One that conforms to `ImagePrediction` too is drawn by `browse` and beside predictions.
public protocol SampleTarget: Sendable {
    /// What it is called in messages and files, and in `Targets.others`: `depth`.
    static var name: String { get }

    /// As large as the image.
    var size: Size2D { get }

    /// Follows the image, which is resized to `size`.
    mutating func resize(to size: Size2D)
    /// Keeps one window, which lies inside of the image.
    mutating func crop(to window: PixelWindow)
    /// Exchanges left and right.
    mutating func flipHorizontally()
    /// Adds rows below and columns to the right, to be ignored, until it is `size` at least.
    mutating func pad(to size: Size2D)

    /// The targets of a batch of images, all of one size: `[n, …]` on the CPU.
    static func tensor(of batch: [Self]) throws -> Tensor
}

extension Targets {
    /// The batch's targets of a kind of its own, `[n, …]`, as `SampleTarget.tensor(of:)` made them; nil where the data set has none.
    public subscript<Target: SampleTarget>(_ type: Target.Type) -> Tensor? { others[type.name] }
}

extension Batch {
    /// The targets of its own kinds by their names, a tensor `[n, …]` each.
    ///
    /// - Throws: `DataError` for an image without a target that the batch's first image has.
    public func otherTargets() throws -> [String: Tensor] {
        try (sampleTargets.first ?? []).reduce(into: [:]) { $0[type(of: $1).name] = try tensor(ofKindOf: $1) }
    }

    private func tensor<Target: SampleTarget>(ofKindOf first: Target) throws -> Tensor {
        try Target.tensor(
            of: zip(items, sampleTargets).map { item, targets in
                guard let target = targets.lazy.compactMap({ $0 as? Target }).first else {
                    throw DataError(
                        item.name, "has no \(Target.name), and \(items[0].name) in the same batch has",
                        remedy: "let the data set give it for every image")
                }
                return target
            })
    }
}
