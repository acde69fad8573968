import DenseKitCore
import Foundation

/// Writes the score map of one class over images, to `OUT/heat`.
struct HeatmapPictures {
    private let folder: String
    private let index: Int
    private let opacity: Double

    /// Makes `folder/heat`. Throws `HeatmapError` for a class that there is not.
    init(_ folder: String, of name: String, among names: [String], opacity: Double) throws {
        guard let index = names.firstIndex(of: name) else { throw HeatmapError.noClass(name, names) }
        (self.folder, self.index, self.opacity) = ("\(folder)/heat", index, opacity)
        try FileSystem.makeFolder(self.folder, remedy: "choose another folder")
    }

    /// Draws the score map that `model` makes of `sample`, which is behind the test pipeline, over the image. Returns the path of the result.
    ///
    /// Throws `LanguageError` for a model without score map.
    func draw(_ model: DenseModel, _ sample: DataSample, on image: RGBImage, name: String, device: Device) throws -> String {
        let sample = try sample.ready(for: model)
        let view = try sample.tensor(on: device)
        var scores: Tensor?
        let step = ForwardPass { key, value in if key == "score_map" { scores = value } }
        _ = try withoutGrad { try model.predictions(view, step) }
        guard let scores else { throw LanguageError.noScoreMap(model.prompter.map { "\(type(of: $0))" }) }
        var map = try scores.narrowed(1, index, 1).to(.float32)
        let filled = sample.geometry.size
        if filled != sample.size {  // what was seen of the padding is cut off
            map = try map.interpolated(to: Size2D(sample.size.height, sample.size.width), .bilinear())
                .narrowed(2, 0, filled.height).narrowed(3, 0, filled.width)
        }
        let resized = try map.interpolated(to: Size2D(image.height, image.width), .bilinear())
        let path = "\(folder)/\(name).png"
        try ImageFile.writePNG(Heatmap.overlay(image, scores: try resized.to(.cpu).floats(), opacity: opacity), to: path)
        return path
    }
}

/// A score map that there is not.
enum HeatmapError: DenseKitError {
    case noClass(String, [String])

    var place: String? { "\(Term.heatmap)" }

    var problem: String {
        switch self {
        case .noClass(let name, _): "the model has no class '\(name)'"
        }
    }

    var remedy: String? {
        switch self {
        case .noClass(let name, let names):
            nearestWord(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? "its classes: \(names.joined(separator: ", "))"
        }
    }

    var origin: ErrorOrigin { .input }
}
