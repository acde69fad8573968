import DenseKitComponents
import DenseKitVision

/// A target of an image besides its label map and instances, which a plugin's task trains on, such
/// as a depth map. It is as large as the image and transformed with it. One that also conforms to
/// `ImagePrediction` is drawn by `browse` and beside predictions.
public protocol SampleTarget: Sendable {
    /// Its name in messages and files, and in `Targets.others`: `depth`.
    static var name: String { get }

    /// Its size, equal to the image's.
    var size: Size2D { get }

    /// Resizes the target with the image, to `size`.
    mutating func resize(to size: Size2D)
    /// Keeps the part inside `window`, which lies inside the image.
    mutating func crop(to window: PixelWindow)
    /// Exchanges left and right.
    mutating func flipHorizontally()
    /// Adds rows below and columns to the right, which losses ignore, until it is at least `size`.
    mutating func pad(to size: Size2D)

    /// The targets of a batch of images, all of one size: `[n, …]` on the CPU.
    static func tensor(of batch: [Self]) throws -> Tensor
}

extension Targets {
    /// The batch's targets of type `Target`, `[n, …]`, as `SampleTarget.tensor(of:)` made them; nil
    /// where the data set has none.
    public subscript<Target: SampleTarget>(_ type: Target.Type) -> Tensor? { others[type.name] }
}

extension Batch {
    /// The targets of other kinds (`SampleTarget`) by their names, a tensor `[n, …]` each.
    ///
    /// - Throws: `DataError` for an image that lacks a target which the batch's first image has.
    public func otherTargets() throws -> [String: Tensor] {
        try (sampleTargets.first ?? []).reduce(into: [:]) {
            $0[type(of: $1).name] = try tensor(ofKindOf: $1)
        }
    }

    private func tensor<Target: SampleTarget>(ofKindOf first: Target) throws -> Tensor {
        try Target.tensor(
            of: zip(items, sampleTargets).map { item, targets in
                guard let target = targets.lazy.compactMap({ $0 as? Target }).first else {
                    throw DataError(
                        item.name,
                        "has no \(Target.name), and \(items[0].name) in the same batch has",
                        remedy: "let the data set give it for every image")
                }
                return target
            })
    }
}
