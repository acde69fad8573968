import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitVision
import Foundation

/// Writes the predictions of many images to a folder: drawings to `vis/`, and files for further
/// processing to `pred/` (palette PNGs of label maps, JSON of instances).
public struct PredictionWriter {
    private let folder: String
    private let classes: ClassList
    private let opacity: Double
    private let scoreThreshold: Double
    private let processes: Processes
    private let names = ResultNames()

    /// Creates `folder/vis` and `folder/pred`.
    ///
    /// - Parameters:
    ///   - folder: where results are written
    ///   - classes: names and colours
    ///   - opacity: of the colours in drawings, 0…1
    ///   - scoreThreshold: instances with a lower score are left out
    ///   - processes: that write the images of one data set to the folder, each its own
    ///     (`EvaluationShard`)
    /// - Throws: `DataError` where the folders cannot be created.
    public init(
        _ folder: String, classes: ClassList, opacity: Double = 0.5, scoreThreshold: Double = 0.3,
        processes: Processes = .alone
    ) throws {
        self.folder = folder
        self.classes = classes
        self.opacity = opacity
        self.scoreThreshold = scoreThreshold
        self.processes = processes
        for part in ["vis", "pred"] {
            try FileSystem.makeFolder("\(folder)/\(part)", remedy: "choose another folder")
        }
    }

    /// Writes the drawing of a prediction to `vis/name.png`, and the prediction itself to `pred/`.
    /// Returns the path of the drawing.
    @discardableResult
    public func write(_ prediction: any ImagePrediction, on image: RGBImage, name: String) throws
        -> String
    {
        let prediction = prediction.filtered(scoreThreshold: scoreThreshold)
        return try write(
            prediction.drawing(on: image, classes: classes, opacity: opacity), prediction, name)
    }

    /// Writes an image of `dataset` beside its prediction and its ground truth, in the subfolders
    /// of the image's name. The files have the same names whatever the number of processes is.
    /// Returns the path of the drawing.
    @discardableResult
    public func write(_ evaluated: EvaluatedImage, of dataset: any Dataset) throws -> String {
        var sample = try dataset.sample(at: evaluated.index)
        let image = sample.image
        let style = DrawingStyle(classes: classes, opacity: opacity, size: image.size)
        let prediction = evaluated.prediction.filtered(scoreThreshold: scoreThreshold)
        let drawn = prediction.drawn(on: image, style)
        var panels = [
            ("image", image.upsampled(by: drawn.width / max(1, image.width))),
            ("prediction", drawn),
        ]
        if let groundTruth = try dataset.annotation(of: &sample, at: evaluated.index) {
            panels.append(("ground truth", groundTruth.drawn(on: image, style)))
        }
        let drawing = SegmentationDrawing.sideBySide(panels, scale: style.scale) ?? image
        // A name depends on those of the images before it, which other processes may write.
        let name =
            processes.count > 1
            ? try names.name(at: evaluated.index, of: dataset) : names.name(for: evaluated.name)
        let folders = name.split(separator: "/").dropLast().joined(separator: "/")
        for part in ["vis", "pred"] where !folders.isEmpty {
            try FileSystem.makeFolder(
                "\(folder)/\(part)/\(folders)", remedy: "choose another folder")
        }
        return try write(prediction.explained(drawing, style), prediction, name)
    }

    private func write(_ drawing: RGBImage, _ prediction: any ImagePrediction, _ stem: String)
        throws -> String
    {
        let path = "\(folder)/vis/\(stem).png"
        try ImageFile.writePNG(drawing, to: path)
        try prediction.write(to: "\(folder)/pred/\(stem)", classes: classes)
        return path
    }
}
