import DenseKitComponents
import DenseKitData
import DenseKitVision

extension Dataset {
    /// What a person annotated in image `index`, as it is drawn beside predictions: a target of a plugin's own where it can be drawn, else
    /// instances or labels; nil for an image of which nothing is known.
    ///
    /// - Parameter sample: of the image, as the data set gives it
    public func annotation(of sample: inout DataSample, at index: Int) throws -> (any ImagePrediction)? {
        if let own = sample.drawableTarget { return own }
        guard let dataset = self as? any InstanceDataset else { return sample.labels.map { LabelPrediction($0) } }
        let instances = try dataset.annotations(at: index, shapes: true)
        return InstancePrediction(instances.map { DetectedInstance($0, size: sample.originalSize) })
    }
}

extension DataSample {
    /// The first of the targets of kinds of their own that can be drawn.
    public var drawableTarget: (any ImagePrediction)? { targets.lazy.compactMap { $0 as? any ImagePrediction }.first }

    /// The part of the drawable target in `window`, as a crop would leave it.
    public func drawableTarget(in window: PixelWindow) -> (any ImagePrediction)? {
        guard var target = targets.first(where: { $0 is any ImagePrediction }) else { return nil }
        target.crop(to: window)
        return target as? any ImagePrediction
    }
}
