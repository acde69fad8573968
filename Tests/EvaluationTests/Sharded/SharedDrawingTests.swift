import DenseKitData
import DenseKitDistributed
import DenseKitVision
import Foundation
import SeveralProcesses
import TemporaryFolders
import Testing

@testable import DenseKitEvaluation

/// Images whose names meet: without their suffixes, many are equal.
private struct NamesakeImages: Dataset {
    let classes = ClassList(names: ["a", "b"])
    /// Whether names are known without the images.
    var knowsNames = true
    static let names = ["x/a.jpg", "x/a.png", "b.jpg", "x/a.jpg", "a.jpg", "x/a.bmp", "b.png"]
    var count: Int { Self.names.count }

    func name(at index: Int) -> String? { knowsNames ? Self.names[index] : nil }

    func sample(at index: Int) throws -> DataSample {
        let shade = UInt8(30 * index)
        return try DataSample(
            name: Self.names[index],
            image: RGBImage(height: 4, width: 4, fill: RGBColor(shade, shade, shade)),
            labels: LabelMap(height: 4, width: 4, fill: 0))
    }
}

/// The drawings of several processes in one folder.
@Suite struct SharedDrawingTests {
    /// The files below `folder` by their paths.
    private func content(_ folder: String) throws -> [String: Data] {
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        let files = try (paths ?? []).filter { $0.hasSuffix(".png") }.map {
            ($0, try Data(contentsOf: URL(filePath: folder + "/" + $0)))
        }
        return Dictionary(uniqueKeysWithValues: files)
    }

    private func write(_ dataset: NamesakeImages, to folder: String, over processes: Processes)
        throws
    {
        let writer = try PredictionWriter(folder, classes: dataset.classes, processes: processes)
        for index in EvaluationShard(of: dataset, over: processes).indices {
            let labels = LabelMap(height: 4, width: 4, fill: UInt16(index % 2))
            try writer.write(
                EvaluatedImage(
                    index: index, name: NamesakeImages.names[index],
                    prediction: LabelPrediction(labels)),
                of: dataset)
        }
    }

    @Test(arguments: [2, 3, 9], [true, false])
    func everyImageHasTheFileThatOneProcessGivesIt(count: Int, knowsNames: Bool) throws {
        let folder = try TemporaryFolder()
        let dataset = NamesakeImages(knowsNames: knowsNames)
        try write(dataset, to: folder.file("one"), over: .alone)
        let path = folder.file("several")
        _ = try withProcesses(count) { try write(dataset, to: path, over: $0) }
        let one = try content(folder.file("one"))
        #expect(one.count == 14 && one["vis/x/a.png.png"] != nil)
        let several = try content(path)
        #expect(several == one)
    }
}
