/// The predictions of a head for a batch of images. Each task has its own type.
public protocol Predictions {
    /// Computes what is left between the head's layers and a result of the size of the image, so
    /// that it is counted among the model's operations. Does nothing by default.
    ///
    /// - Parameters:
    ///   - imageSize: of the image that the network was given, in pixels
    ///   - key: the checkpoint key of the head, under which its layers are counted
    func finish(imageSize: Size2D, countingHeadAs key: String) throws
}

extension Predictions {
    /// Does nothing: all operations are in the head's layers.
    public func finish(imageSize: Size2D, countingHeadAs key: String) throws {}
}

/// Dense classification: an embedding of every position, and the classifier that turns it, or any
/// rows of it, into logits. They are separate so that a large image never needs all its logits at
/// once.
public struct SegmentationPredictions: Predictions {
    /// The embedding of every position, `[n, c, h, w]`.
    public let embedding: Tensor
    /// The logits of the positions of an embedding: `[n, c, h, w] → [n, k, h, w]`.
    public let classify: (Tensor) throws -> Tensor

    /// - Parameters:
    ///   - embedding: of every position, `[n, c, h, w]`
    ///   - classify: makes logits of positions, `[n, c, h, w] → [n, k, h, w]`
    public init(embedding: Tensor, classify: @escaping (Tensor) throws -> Tensor) {
        self.embedding = embedding
        self.classify = classify
    }

    /// Classifies the whole embedding under `key`, and resizes the logits bilinearly to
    /// `imageSize`; the result is dropped.
    public func finish(imageSize: Size2D, countingHeadAs key: String) throws {
        let logits = try OperationCounter.scope(key) { try classify(embedding) }
        _ = try OperationCounter.scope("(resize to the image)") {
            try logits.interpolated(to: imageSize, .bilinear())
        }
    }
}

/// The instances detected in each image of the batch.
public struct DetectionPredictions: Predictions {
    /// The detections of each image, in the order of the batch.
    public let images: [Detections]

    /// - Parameter images: the detections of each image, in the order of the batch
    public init(_ images: [Detections]) { self.images = images }
}
