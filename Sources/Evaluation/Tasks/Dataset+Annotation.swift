import DenseKitComponents
import DenseKitData
import DenseKitVision

extension Dataset {
    /// The annotation of image `index`, to be drawn beside predictions: a target of a plugin's own
    /// where it can be drawn, else instances or labels; nil for an image without annotation.
    ///
    /// - Parameters:
    ///   - sample: the image's sample from this data set
    ///   - index: of the image in this data set
    public func annotation(of sample: inout DataSample, at index: Int) throws -> (
        any ImagePrediction
    )? {
        if let own = sample.drawableTarget { return own }
        guard let dataset = self as? any InstanceDataset else {
            return sample.labels.map { LabelPrediction($0) }
        }
        let instances = try dataset.annotations(at: index, shapes: true)
        return InstancePrediction(instances.map { DetectedInstance($0, size: sample.originalSize) })
    }
}

extension DataSample {
    /// The first plugin-defined target of the sample that can be drawn; nil where there is none.
    public var drawableTarget: (any ImagePrediction)? {
        targets.lazy.compactMap { $0 as? any ImagePrediction }.first
    }

    /// The first plugin-defined target that can be drawn, cropped to `window`; nil where there is
    /// none.
    public func drawableTarget(in window: PixelWindow) -> (any ImagePrediction)? {
        guard var target = targets.first(where: { $0 is any ImagePrediction }) else { return nil }
        target.crop(to: window)
        return target as? any ImagePrediction
    }
}
