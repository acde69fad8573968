/// What a head predicts for a batch of images. Each task has a type of its own.
public protocol Predictions {
    /// Computes what is left between the head's layers and an answer of the size of the image, so that it is counted among the model's
    /// operations. Nothing where the type does not say more.
    ///
    /// - Parameters:
    ///   - imageSize: of the image that the network was given, in pixels
    ///   - key: the checkpoint key of the head, under which its layers are counted
    func finish(imageSize: Size2D, countingHeadAs key: String) throws
}

extension Predictions {
    public func finish(imageSize: Size2D, countingHeadAs key: String) throws {}
}

/// Dense classification: an embedding of every position and the classifier that turns it, or any part of its rows, into logits. Kept apart so
/// that a big image never needs all its logits at once.
public struct SegmentationPredictions: Predictions {
    /// `[n, c, h, w]`
    public let embedding: Tensor
    /// Logits of positions: `[n, c, h, w] → [n, k, h, w]`.
    public let classify: (Tensor) throws -> Tensor

    /// - Parameters:
    ///   - embedding: of every position, `[n, c, h, w]`
    ///   - classify: makes logits of positions, `[n, c, h, w] → [n, k, h, w]`
    public init(embedding: Tensor, classify: @escaping (Tensor) throws -> Tensor) {
        self.embedding = embedding
        self.classify = classify
    }

    public func finish(imageSize: Size2D, countingHeadAs key: String) throws {
        let logits = try OperationCounter.scope(key) { try classify(embedding) }
        _ = try OperationCounter.scope("(resize to the image)") { try logits.interpolated(to: imageSize, .bilinear()) }
    }
}

/// The instances that are found in each image of the batch.
public struct DetectionPredictions: Predictions {
    /// One for each image.
    public let images: [Detections]

    /// - Parameter images: what is found in each image of the batch
    public init(_ images: [Detections]) { self.images = images }
}
