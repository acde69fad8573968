import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

extension Predictor {
    /// The image with the score map of one class over it, from blue for low to red for high, for a
    /// model with language guidance.
    ///
    /// - Parameters:
    ///   - name: a class of the model
    ///   - path: of the image
    ///   - opacity: of the colours, 0…1
    /// - Throws: `ClassNameError` for an unknown class, `LanguageError` for a model without score
    ///   map, and what reading and predicting an image throw.
    public func heatmap(of name: String, in path: String, opacity: Double = 0.5) throws -> RGBImage
    {
        let index = try requireClass(name)
        let image = try read(path)
        let sample = try prepared(image, path).ready(for: model)
        let scores = try autocast { try scoreMap(sample).narrowed(1, index, 1).to(.float32) }
        let map = try withoutPadding(scores, sample).interpolated(to: image.size, .bilinear())
        return Heatmap.overlay(image, scores: try map.to(.cpu).floats(), opacity: opacity)
    }

    /// The index of the class `name`.
    ///
    /// - Throws: `ClassNameError` for an unknown class.
    @discardableResult
    public func requireClass(_ name: String) throws -> Int {
        guard let index = classes.names.firstIndex(of: name) else {
            throw ClassNameError(name: name, classes: classes.names)
        }
        return index
    }

    /// The score map that the model's prompter records. `[1, k, h, w]`
    private func scoreMap(_ sample: DataSample) throws -> Tensor {
        let view = try sample.tensor(on: experiment.device)
        var scores: Tensor?
        let pass = ForwardPass { key, value in if key == "score_map" { scores = value } }
        _ = try withoutGrad { try model.predictions(view, pass) }
        guard let scores else {
            throw LanguageError.noScoreMap(model.prompter.map { "\(type(of: $0))" })
        }
        return scores
    }

    /// The part of `map` `[1, 1, h, w]` that lies over the image, where the sample was padded.
    private func withoutPadding(_ map: Tensor, _ sample: DataSample) throws -> Tensor {
        let filled = sample.geometry.size
        guard filled != sample.size else { return map }
        return try map.interpolated(to: sample.size, .bilinear()).narrowed(2, 0, filled.height)
            .narrowed(3, 0, filled.width)
    }
}

/// A class name that a model does not have.
public struct ClassNameError: DenseKitError {
    /// The unknown class name.
    public let name: String
    /// The class names of the model.
    public let classes: [String]

    public var place: String? { "\(Term.heatmap)" }
    public var problem: String { "the model has no class '\(name)'" }
    public var remedy: String? {
        nearestSpelling(to: name, among: classes).map { "did you mean '\($0)'?" }
            ?? "its classes: \(classes.joined(separator: ", "))"
    }
    public var origin: ErrorOrigin { .input }
}
