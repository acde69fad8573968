import DenseKitCore
import Foundation

/// Writes predictions as pictures with a legend or with names, and as files to process: palette PNGs of labels, JSON of things.
struct Pictures {
    private let folder: String
    private let classes: ClassList
    private let opacity: Double
    private let scoreThreshold: Double
    private let names = PictureNames()

    /// Makes `folder/vis` and `folder/pred`.
    ///
    /// - Parameter scoreThreshold: things that the model is less certain of are left out
    init(_ folder: String, classes: ClassList, opacity: Double = 0.5, scoreThreshold: Double = 0.3) throws {
        (self.folder, self.classes, self.opacity, self.scoreThreshold) = (folder, classes, opacity, scoreThreshold)
        for part in ["vis", "pred"] {
            try FileSystem.makeFolder("\(folder)/\(part)", remedy: "choose another folder")
        }
    }

    /// Draws a prediction on its image. Returns the path of the picture.
    @discardableResult
    func draw(_ prediction: any ImagePrediction, on image: RGBImage, name: String) throws -> String {
        let prediction = prediction.filtered(scoreThreshold: scoreThreshold)
        let style = style(image)
        return try write(prediction.explained(prediction.drawn(on: image, style), style), prediction, name)
    }

    /// Draws an image of `dataset`, its prediction and its truth side by side, below the folders that the image lies in.
    @discardableResult
    func draw(_ evaluated: EvaluatedImage, of dataset: any Dataset) throws -> String {
        var sample = try dataset.sample(at: evaluated.index)
        let image = sample.image
        let prediction = evaluated.prediction.filtered(scoreThreshold: scoreThreshold)
        let style = style(image)
        let drawing = prediction.drawn(on: image, style)
        var panels = [("image", image.enlarged(by: drawing.width / max(1, image.width))), ("prediction", drawing)]
        if let truth = try dataset.annotation(of: &sample, at: evaluated.index) {
            panels.append(("ground truth", truth.drawn(on: image, style)))
        }
        let picture = SegmentationDrawing.sideBySide(panels, scale: style.scale) ?? image
        let name = names.name(for: evaluated.name)
        let folders = name.split(separator: "/").dropLast().joined(separator: "/")
        for part in ["vis", "pred"] where !folders.isEmpty {
            try FileSystem.makeFolder("\(folder)/\(part)/\(folders)", remedy: "choose another folder")
        }
        return try write(prediction.explained(picture, style), prediction, name)
    }

    private func style(_ image: RGBImage) -> DrawingStyle {
        DrawingStyle(classes: classes, opacity: opacity, size: image.size)
    }

    private func write(_ picture: RGBImage, _ prediction: any ImagePrediction, _ stem: String) throws -> String {
        let path = "\(folder)/vis/\(stem).png"
        try ImageFile.writePNG(picture, to: path)
        try prediction.write(to: "\(folder)/pred/\(stem)", classes: classes)
        return path
    }
}
