import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

extension Predictor {
    /// The score map of one class over an image, as a model with language guidance makes it: a drawing of warm and cold colours.
    ///
    /// - Parameters:
    ///   - name: a class of the model
    ///   - opacity: how much the colours cover the image, 0…1
    /// - Throws: `ClassNameError` for a class that there is not, `LanguageError` for a model without score map, and what reading and
    ///   predicting an image throw.
    public func heatmap(of name: String, in path: String, opacity: Double = 0.5) throws -> RGBImage {
        let index = try requireClass(name)
        let image = try read(path)
        let sample = try prepared(image, path).ready(for: model)
        let scores = try autocast { try scoreMap(sample).narrowed(1, index, 1).to(.float32) }
        let map = try withoutPadding(scores, sample).interpolated(to: image.size, .bilinear())
        return Heatmap.overlay(image, scores: try map.to(.cpu).floats(), opacity: opacity)
    }

    /// The index of a class of the model.
    ///
    /// - Throws: `ClassNameError` for a class that there is not.
    @discardableResult
    public func requireClass(_ name: String) throws -> Int {
        guard let index = classes.names.firstIndex(of: name) else { throw ClassNameError(name: name, classes: classes.names) }
        return index
    }

    /// The score map that the model's prompter records. `[1, k, h, w]`
    private func scoreMap(_ sample: DataSample) throws -> Tensor {
        let view = try sample.tensor(on: experiment.device)
        var scores: Tensor?
        let pass = ForwardPass { key, value in if key == "score_map" { scores = value } }
        _ = try withoutGrad { try model.predictions(view, pass) }
        guard let scores else { throw LanguageError.noScoreMap(model.prompter.map { "\(type(of: $0))" }) }
        return scores
    }

    /// The part of `map` `[1, 1, h, w]` that lies over the image, where the sample was padded.
    private func withoutPadding(_ map: Tensor, _ sample: DataSample) throws -> Tensor {
        let filled = sample.geometry.size
        guard filled != sample.size else { return map }
        return try map.interpolated(to: sample.size, .bilinear()).narrowed(2, 0, filled.height).narrowed(3, 0, filled.width)
    }
}

/// A class that a model does not have.
public struct ClassNameError: Error, CustomStringConvertible {
    public let name: String
    public let classes: [String]

    public var description: String {
        "the model has no class '\(name)'"
            + (nearestWord(to: name, among: classes).map { "; did you mean '\($0)'?" }
                ?? "; its classes: \(classes.joined(separator: ", "))")
    }
}
