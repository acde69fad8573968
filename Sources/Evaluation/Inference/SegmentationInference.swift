import DenseKitComponents
import DenseKitVision

/// Test-time segmentation of whole images or sliding windows, in one view or several
/// (mmsegmentation's `inference`, `simple_test` and `aug_test`).
public struct SegmentationInference {
    /// The segmentation model.
    public let model: DenseModel
    /// Whether the model's input is the whole image or sliding windows.
    public let mode: InferenceMode
    private let predict: (Tensor) throws -> any Predictions
    private let classCount: Int
    /// Logits held at a time, in elements.
    private let budget = 8 << 20

    /// Inference over all classes of `model`.
    public init(_ model: DenseModel, mode: InferenceMode) {
        self.model = model
        self.mode = mode
        predict = { try model.predictions($0) }
        classCount = model.classNames.count
    }

    /// Inference over some of the model's classes, as if it had no others: labels are indices into
    /// `classes`.
    ///
    /// - Parameters:
    ///   - model: with a segmentation head
    ///   - classes: indices of the model's classes
    ///   - mode: whole images or sliding windows
    public init(_ model: DenseModel, classes: [Int], mode: InferenceMode) {
        self.model = model
        self.mode = mode
        let kept = classes.map(Int64.init)
        predict = { images in
            guard let found = try model.predictions(images) as? SegmentationPredictions else {
                throw InferenceError.notSegmentation
            }
            return SegmentationPredictions(embedding: found.embedding) { rows in
                try found.classify(rows).indexed(1, Tensor.from(kept).to(rows.device))
            }
        }
        classCount = classes.count
    }

    /// Inference over other class names than the model's, by its score map: labels are indices into
    /// `classNames`.
    ///
    /// - Throws: `LanguageError` for a model without score map, and what its prompter throws for
    ///   the names.
    public init(_ model: DenseModel, classNames: [String], mode: InferenceMode) throws {
        self.model = model
        self.mode = mode
        predict = try model.classifier(for: classNames)
        classCount = classNames.count
    }

    /// Runs the network on one view of an image. The model must be in inference mode.
    ///
    /// - Parameters:
    ///   - image: normalised, `[n, 3, h, w]`, already flipped where `flipped` is true
    ///   - imageSize: the part at the top left without padding; nil for all of it. Predictions are
    ///     cut to it before they are resized, as in mmsegmentation's `postprocess_result`.
    ///   - flipped: whether the view is flipped horizontally, so that predictions are flipped back
    /// - Throws: `InferenceError.notSegmentation` for a model whose head does not segment.
    public func view(_ image: Tensor, imageSize: Size2D? = nil, flipped: Bool = false) throws
        -> SegmentationView
    {
        let size = Size2D(image.size(2), image.size(3))
        var seen: [(PixelWindow, Tensor)] = []
        var classifier: ((Tensor) throws -> Tensor)?
        for window in layout(size) {
            let crop = try image.narrowed(2, window.y, window.height).narrowed(
                3, window.x, window.width)
            guard let found = try predict(crop) as? SegmentationPredictions else {
                throw InferenceError.notSegmentation
            }
            seen.append((window, found.embedding))
            classifier = found.classify
        }
        guard let classifier else { throw InferenceError.notSegmentation }
        return SegmentationView(
            size: size, imageSize: imageSize ?? size, isFlipped: flipped, windows: seen,
            classify: classifier)
    }

    /// Runs the network on the horizontally flipped image; its padding stays at the right and
    /// below. The model must be in inference mode.
    ///
    /// - Parameters:
    ///   - image: normalised, `[n, 3, h, w]`, not flipped
    ///   - imageSize: the part at the top left without padding
    /// - Throws: `InferenceError.notSegmentation` for a model whose head does not segment.
    public func mirroredView(_ image: Tensor, imageSize: Size2D) throws -> SegmentationView {
        let padding = image.size(3) - imageSize.width
        var mirrored = try image.narrowed(3, 0, imageSize.width).flipped(3)
        if padding > 0 {
            mirrored = try Tensor.cat(
                [mirrored, image.narrowed(3, imageSize.width, padding)], dim: 3)
        }
        return try view(mirrored, imageSize: imageSize, flipped: true)
    }

    private func layout(_ size: Size2D) -> [PixelWindow] {
        switch mode {
        case .whole: [PixelWindow(y: 0, x: 0, height: size.height, width: size.width)]
        case .slide(let crop, let stride): windows(over: size, crop: crop, stride: stride)
        }
    }

    /// The class of every pixel of the original image, from the mean probabilities of the views:
    /// `[height, width]` int32 on the CPU.
    ///
    /// - Parameters:
    ///   - views: of one image, as `view` makes them
    ///   - size: of the original image
    /// - Throws: `InferenceError.noViews` where there are none.
    public func labels(_ views: [SegmentationView], size: Size2D) throws -> Tensor {
        guard let first = views.first else { throw InferenceError.noViews }
        // The softmax of a single view cannot change which class is largest.
        if views.count == 1, !first.isFlipped, first.windows[0].embedding.device == .cpu {
            return try first.labels(
                size: size, chunk: max(16, budget / (size.width * classCount) * 4))
        }
        let parts = try strips(size.height, stripHeight(size)).map { rows in
            try scores(views, size: size, rows: rows, softmax: views.count > 1).argmax(1).selected(
                0, 0
            ).to(.int32).to(.cpu)
        }
        return parts.count == 1 ? parts[0] : try Tensor.cat(parts, dim: 0)
    }

    /// The class of every pixel of a batch of images `[n, 3, h, w]`, each in one view: `[n, h, w]`
    /// int32 on the CPU.
    public func labels(of images: Tensor) throws -> Tensor {
        let size = Size2D(images.size(2), images.size(3))
        return try Tensor.stack(
            view(images).split().map { try labels([$0], size: size) })
    }

    /// Class probabilities of the original image, averaged over the views:
    /// `[1, k, rows.count, width]`.
    ///
    /// - Parameters:
    ///   - views: of one image, as `view` makes them
    ///   - size: of the original image
    ///   - rows: the rows of the original image to compute; nil for all
    /// - Throws: `InferenceError.noViews` where there are no views.
    public func probabilities(_ views: [SegmentationView], size: Size2D, rows: Range<Int>? = nil)
        throws -> Tensor
    {
        try scores(views, size: size, rows: rows ?? 0..<size.height, softmax: true)
    }

    private func scores(_ views: [SegmentationView], size: Size2D, rows: Range<Int>, softmax: Bool)
        throws -> Tensor
    {
        var sum: Tensor?
        for view in views {
            let resize = BilinearRows(rows, from: view.imageSize, to: size)
            var score = try resize(view.logits(resize.source))
            if softmax { score = try score.contiguous().softmax(1) }
            if view.isFlipped { score = try score.flipped(3) }
            sum = try sum.map { try $0 + score } ?? score
        }
        guard let sum else { throw InferenceError.noViews }
        return views.count > 1 ? try sum / Double(views.count) : sum
    }

    private func stripHeight(_ size: Size2D) -> Int {
        min(size.height, max(16, budget / max(1, size.width * classCount)))
    }
}

/// Why a model cannot predict as requested.
public enum InferenceError: DenseKitError {
    /// Segmentation requested from a head of another task.
    case notSegmentation
    /// Detection requested from a head of another task.
    case notDetection
    /// Other class names, or several views of an image, requested from a detector.
    case classNamesForDetection, viewsForDetection
    /// A segmentation was requested without any view of the image.
    case noViews

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .notSegmentation: "the model's head does not segment"
        case .notDetection: "the model's head does not detect"
        case .classNamesForDetection:
            "the model's head detects, and looks for the classes that it was trained for"
        case .viewsForDetection: "the model's head detects, and takes every image at one scale"
        case .noViews: "an image needs at least one view"
        }
    }

    public var remedy: String? {
        switch self {
        case .notSegmentation: "segmentation needs a head such as SemanticFPN"
        case .notDetection: "detection needs a head such as MaskRCNN or RetinaNet"
        case .classNamesForDetection: "leave \(Term.classNames) out"
        case .viewsForDetection: "leave \(Term.augmented) out"
        case .noViews: nil
        }
    }
}
