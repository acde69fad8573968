import DenseKitCore
import Foundation

/// Scenes annotated in COCO's format: boxes and masks of instances.
struct DetectionDemo: Demonstration {
    static let scenes = DemoConfiguration.Scenes.instances
    let trainingCount = 400
    let validationCount = 80
    private let root: String
    private let seed: UInt64 = 2017

    /// The scenes' classes with outlines: what else there is has no number of pieces.
    let classes = ["brick wall", "tree", "ball", "striped box"]

    init(root: String) { self.root = root }

    func headline(_ report: any EvaluationReport) -> String {
        let box = "box AP \(metric("bbox_mAP", of: report))"
        let mask = "mask AP \(metric("segm_mAP", of: report))"
        return
            "\(box) (AP50 \(metric("bbox_mAP_50", of: report))), \(mask) (AP50 \(metric("segm_mAP_50", of: report)))"
    }

    func write() throws {
        try FileSystem.makeFolder(root + "/annotations", remedy: "choose another folder with --dir")
        try write(0..<trainingCount, "train")
        try write(trainingCount..<trainingCount + validationCount, "val")
    }

    /// The annotations come last: where they are, everything is.
    private func write(_ indices: Range<Int>, _ split: String) throws {
        let annotations = "\(root)/annotations/instances_\(split).json"
        guard !FileManager.default.fileExists(atPath: annotations) else { return }
        try FileSystem.makeFolder("\(root)/\(split)", remedy: "choose another folder with --dir")
        let labels = classes.compactMap {
            DemoScene.classes.names.firstIndex(of: $0).map(UInt16.init)
        }
        var file = COCOFile(labels: labels)
        for index in indices {
            let scene = DemoScene.render(seed: seed, index: index, crowded: true)
            let name = sceneName(index) + ".jpg"
            try ImageFile.writeJPEG(scene.image, to: "\(root)/\(split)/\(name)")
            try file.add(scene, fileName: name)
        }
        try AtomicFile.write(file.json, to: annotations)
    }
}
