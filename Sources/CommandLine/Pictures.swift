import DenseKit
import Foundation

/// Writes predictions as pictures: overlays with a legend, and palette PNGs of the labels.
struct Pictures {
    private let folder: String
    private let classes: ClassList
    private let opacity: Double

    /// Makes `folder/vis` and `folder/pred`.
    init(_ folder: String, classes: ClassList, opacity: Double = 0.5) throws {
        (self.folder, self.classes, self.opacity) = (folder, classes, opacity)
        for part in ["vis", "pred"] {
            try FileSystem.makeFolder("\(folder)/\(part)", remedy: "choose another folder")
        }
    }

    /// Draws a prediction on its image, with a legend. Returns the path of the overlay.
    @discardableResult
    func draw(_ prediction: LabelMap, on image: Image, name: String) throws -> String {
        try write(
            Legend(prediction, classes: classes, scale: scale(image)).attached(to: overlay(prediction, image)), prediction, name)
    }

    /// Draws image, prediction and truth side by side, with a legend.
    @discardableResult
    func draw(_ prediction: LabelMap, name: String, index: Int, of dataset: any Dataset) throws -> String {
        var sample = try dataset.sample(at: index)
        let image = sample.image
        var panels = [("image", image), ("prediction", overlay(prediction, image))]
        if let truth = sample.labels { panels.append(("ground truth", overlay(truth, image))) }
        let picture = SegmentationDrawing.sideBySide(panels, scale: scale(image)) ?? image
        let stem = URL(filePath: name).deletingPathExtension().lastPathComponent
        return try write(Legend(prediction, classes: classes, scale: scale(image)).attached(to: picture), prediction, stem)
    }

    private func write(_ picture: Image, _ prediction: LabelMap, _ stem: String) throws -> String {
        let path = "\(folder)/vis/\(stem).png"
        try ImageFile.writePNG(picture, to: path)
        try LabelFile.write(prediction, classes: classes, to: "\(folder)/pred/\(stem).png")
        return path
    }

    private func overlay(_ labels: LabelMap, _ image: Image) -> Image {
        SegmentationDrawing.overlay(image, labels, classes: classes, opacity: opacity)
    }

    /// Letters grow with the picture.
    private func scale(_ image: Image) -> Int { max(1, min(image.height, image.width) / 400) }
}
