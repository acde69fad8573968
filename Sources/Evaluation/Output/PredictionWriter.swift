import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitVision
import Foundation

/// Writes predictions of many images below a folder: drawings with a legend or with names to `vis/`, and files to process to `pred/`:
/// palette PNGs of class maps, JSON of instances.
public struct PredictionWriter {
    private let folder: String
    private let classes: ClassList
    private let opacity: Double
    private let scoreThreshold: Double
    private let names = ResultNames()

    /// Makes `folder/vis` and `folder/pred`.
    ///
    /// - Parameters:
    ///   - opacity: how much of a class's colour covers the image, 0…1
    ///   - scoreThreshold: instances with a lower score are left out
    /// - Throws: `DataError` where the folders cannot be made.
    public init(_ folder: String, classes: ClassList, opacity: Double = 0.5, scoreThreshold: Double = 0.3) throws {
        (self.folder, self.classes, self.opacity, self.scoreThreshold) = (folder, classes, opacity, scoreThreshold)
        for part in ["vis", "pred"] {
            try FileSystem.makeFolder("\(folder)/\(part)", remedy: "choose another folder")
        }
    }

    /// Writes a prediction drawn on its image, and the prediction itself. Returns the path of the drawing.
    @discardableResult
    public func write(_ prediction: ImagePrediction, on image: RGBImage, name: String) throws -> String {
        let prediction = prediction.filtered(scoreThreshold: scoreThreshold)
        return try write(prediction.drawing(on: image, classes: classes, opacity: opacity), prediction, name)
    }

    /// Writes an image of `dataset`, its prediction and its ground truth side by side, below the folders that the image lies in. Returns the
    /// path of the drawing.
    @discardableResult
    public func write(_ evaluated: EvaluatedImage, of dataset: any Dataset) throws -> String {
        var sample = try dataset.sample(at: evaluated.index)
        let image = sample.image
        func overlay(_ prediction: ImagePrediction) -> RGBImage {
            prediction.overlay(on: image, classes: classes, opacity: opacity)
        }
        let prediction = evaluated.prediction.filtered(scoreThreshold: scoreThreshold)
        var panels = [("image", overlay(prediction.emptied)), ("prediction", overlay(prediction))]
        if let truth = try truth(&sample, evaluated.index, dataset) { panels.append(("ground truth", overlay(truth))) }
        let scale = ImagePrediction.letterScale(image)
        let drawing = SegmentationDrawing.sideBySide(panels, scale: scale) ?? image
        let name = names.name(for: evaluated.name)
        let folders = name.split(separator: "/").dropLast().joined(separator: "/")
        for part in ["vis", "pred"] where !folders.isEmpty {
            try FileSystem.makeFolder("\(folder)/\(part)/\(folders)", remedy: "choose another folder")
        }
        return try write(prediction.explained(drawing, classes: classes, scale: scale), prediction, name)
    }

    /// What a person annotated in an image as the data set has it.
    private func truth(_ sample: inout DataSample, _ index: Int, _ dataset: any Dataset) throws -> ImagePrediction? {
        guard let dataset = dataset as? any InstanceDataset else { return sample.labels.map { .labels($0) } }
        let things = try dataset.annotations(at: index, shapes: true)
        return .instances(things.map { DetectedInstance($0, size: sample.originalSize) })
    }

    private func write(_ drawing: RGBImage, _ prediction: ImagePrediction, _ stem: String) throws -> String {
        let path = "\(folder)/vis/\(stem).png"
        try ImageFile.writePNG(drawing, to: path)
        switch prediction {
        case .labels(let labels): try LabelFile.write(labels, classes: classes, to: "\(folder)/pred/\(stem).png")
        case .instances(let instances):
            try InstanceFile(instances, classes: classes).write(to: "\(folder)/pred/\(stem).json")
        }
        return path
    }
}
