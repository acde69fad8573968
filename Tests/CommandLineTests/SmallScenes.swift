import DenseKitCommandLine
import DenseKitData
import DenseKitVision
import Foundation

/// Four small scenes for training and `validation` others, in ADE20K's layout.
func writeScenes(to root: URL, validation: Int = 2) throws {
    for (split, indices) in [("training", 0..<4), ("validation", 4..<4 + validation)] {
        let images = root.appending(path: "images/\(split)")
        let masks = root.appending(path: "annotations/\(split)")
        for folder in [images, masks] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        for index in indices {
            let scene = DemoScene.render(seed: 7, index: index, size: 64)
            try ImageFile.writeJPEG(scene.image, to: images.appending(path: "\(index).jpg").path)
            var mask = scene.labels
            for place in mask.labels.indices {
                mask.labels[place] =
                    mask.labels[place] == LabelMap.ignore ? 0 : mask.labels[place] + 1
            }
            let classes = ClassList(names: ["unlabelled"] + DemoScene.classes.names)
            try LabelFile.write(
                mask, classes: classes, to: masks.appending(path: "\(index).png").path)
        }
    }
    try ClassFile.write(DemoScene.classes.names, to: root.appending(path: "classes.yaml").path)
}
