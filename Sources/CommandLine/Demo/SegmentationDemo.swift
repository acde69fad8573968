import DenseKitCore
import Foundation

/// Scenes in ADE20K's layout: a class for every pixel.
struct SegmentationDemo: Demonstration {
    static let scenes = DemoConfiguration.Scenes.labelMaps
    let trainingCount = 320
    let validationCount = 80
    let classes = DemoScene.classes.names
    private let root: String
    private let seed: UInt64 = 2022

    init(root: String) { self.root = root }

    func headline(_ report: any EvaluationReport) -> String { "mIoU " + metric("mIoU", of: report) }

    func write() throws {
        for (split, range) in [
            ("training", 0..<trainingCount),
            ("validation", trainingCount..<trainingCount + validationCount),
        ] {
            for kind in ["images", "annotations"] {
                try FileSystem.makeFolder(
                    "\(root)/\(kind)/\(split)", remedy: "choose another folder with --dir")
            }
            for index in range { try write(index, split) }
        }
        let names = DemoScene.classes.names.map { "- \($0)\n" }.joined()
        try AtomicFile.write(Data(names.utf8), to: root + "/classes.yaml")
    }

    /// ADE20K's masks hold 0 where nothing is labelled, and class + 1 elsewhere.
    private func write(_ index: Int, _ split: String) throws {
        let name = sceneName(index)
        let image = "\(root)/images/\(split)/\(name).jpg"
        let mask = "\(root)/annotations/\(split)/\(name).png"
        guard !FileManager.default.fileExists(atPath: mask) else { return }
        let scene = DemoScene.render(seed: seed, index: index)
        try ImageFile.writeJPEG(scene.image, to: image)
        var labels = scene.labels
        for place in labels.labels.indices {
            labels.labels[place] =
                labels.labels[place] == LabelMap.ignore ? 0 : labels.labels[place] + 1
        }
        let unlabelled = ClassList(
            names: ["unlabelled"] + DemoScene.classes.names,
            palette: [RGBColor(0, 0, 0)] + DemoScene.classes.palette)
        try LabelFile.write(labels, classes: unlabelled, to: mask)
    }
}
