import DenseKit
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

    /// Draws the score map that `model` makes of `view`, `[1, 3, h, w]` normalised, over the image. Returns the picture's path.
    ///
    /// Throws `LanguageError` for a model without score map.
    func draw(_ model: DenseModel, _ view: Tensor, on image: Image, name: String) throws -> String {
        var scores: Tensor?
        let step = Step { key, value in if key == "score_map" { scores = value } }
        _ = try withoutGrad { try model.predictions(view, step) }
        guard let scores else { throw LanguageError.noScoreMap(model.prompter.map { "\(type(of: $0))" }) }
        let size = Pair(image.height, image.width)
        let resized = try scores.narrowed(1, index, 1).to(.float32).interpolated(to: size, .bilinear())
        let path = "\(folder)/\(name).png"
        try ImageFile.writePNG(Heatmap.overlay(image, scores: try resized.to(.cpu).floats(), opacity: opacity), to: path)
        return path
    }
}

/// A score map that there is not.
enum HeatmapError: Error, CustomStringConvertible {
    case noClass(String, [String])

    var description: String {
        switch self {
        case .noClass(let name, let names):
            "--heatmap: the model has no class '\(name)'"
                + (nearestWord(to: name, among: names).map { "; did you mean '\($0)'?" }
                    ?? "; its classes: \(names.joined(separator: ", "))")
        }
    }
}
