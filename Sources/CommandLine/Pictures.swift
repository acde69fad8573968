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
    func draw(_ prediction: ImagePrediction, on image: RGBImage, name: String) throws -> String {
        let prediction = prediction.filtered(scoreThreshold: scoreThreshold)
        return try write(explained(overlay(prediction, image), prediction, scale(image)), prediction, name)
    }

    /// Draws an image of `dataset`, its prediction and its truth side by side, below the folders that the image lies in.
    @discardableResult
    func draw(_ evaluated: EvaluatedImage, of dataset: any Dataset) throws -> String {
        var sample = try dataset.sample(at: evaluated.index)
        let image = sample.image
        let prediction = evaluated.prediction.filtered(scoreThreshold: scoreThreshold)
        var panels = [("image", overlay(prediction.emptied, image)), ("prediction", overlay(prediction, image))]
        if let truth = try truth(&sample, evaluated.index, dataset) { panels.append(("ground truth", overlay(truth, image))) }
        let picture = SegmentationDrawing.sideBySide(panels, scale: scale(image)) ?? image
        let name = names.name(for: evaluated.name)
        let folders = name.split(separator: "/").dropLast().joined(separator: "/")
        for part in ["vis", "pred"] where !folders.isEmpty {
            try FileSystem.makeFolder("\(folder)/\(part)/\(folders)", remedy: "choose another folder")
        }
        return try write(explained(picture, prediction, scale(image)), prediction, name)
    }

    /// What a person annotated in an image as the data set has it.
    private func truth(_ sample: inout DataSample, _ index: Int, _ dataset: any Dataset) throws -> ImagePrediction? {
        guard let dataset = dataset as? any InstanceDataset else { return sample.labels.map { .labels($0) } }
        let things = try dataset.annotations(at: index, shapes: true)
        return .instances(things.map { DetectedInstance($0, size: sample.originalSize) })
    }

    private func overlay(_ prediction: ImagePrediction, _ image: RGBImage) -> RGBImage {
        switch prediction {
        case .labels(let labels): SegmentationDrawing.overlay(image, labels, classes: classes, opacity: opacity)
        case .instances(let instances):
            InstanceDrawing.overlay(
                image, instances, classes: classes, opacity: opacity, enlargement: enlargement(image), scale: scale(image))
        }
    }

    /// `picture` with a legend, where what is drawn does not name itself.
    private func explained(_ picture: RGBImage, _ prediction: ImagePrediction, _ scale: Int) -> RGBImage {
        guard case .labels(let labels) = prediction else { return picture }
        return Legend(labels, classes: classes, scale: scale).attached(to: picture)
    }

    private func write(_ picture: RGBImage, _ prediction: ImagePrediction, _ stem: String) throws -> String {
        let path = "\(folder)/vis/\(stem).png"
        try ImageFile.writePNG(picture, to: path)
        switch prediction {
        case .labels(let labels): try LabelFile.write(labels, classes: classes, to: "\(folder)/pred/\(stem).png")
        case .instances(let instances):
            let file = InstanceFile(instances, classes: classes)
            try AtomicFile.write(try JSONEncoder.forReports.encode(file), to: "\(folder)/pred/\(stem).json")
        }
        return path
    }

    /// Names of things are readable in small pictures too.
    private func enlargement(_ image: RGBImage) -> Int { max(1, 360 / max(1, min(image.height, image.width))) }

    /// Letters grow with the picture.
    private func scale(_ image: RGBImage) -> Int { max(1, min(image.height, image.width) / 400) }
}

extension ImagePrediction {
    /// A prediction of the same kind that says nothing.
    fileprivate var emptied: ImagePrediction {
        switch self {
        case .labels(let labels): .labels(LabelMap(height: labels.height, width: labels.width))
        case .instances: .instances([])
        }
    }
}
