import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision
import Testing

private struct Things: Dataset {
    let classes = ClassList(names: ["a", "b", "c"])
    let count = 2

    func sample(at index: Int) -> DataSample {
        let shape = SampleInstance.Shape.polygons([[0, 0, 2, 0, 2, 2, 0, 2]])
        let things = [
            SampleInstance(
                box: BoundingBox(x1: 0, y1: 0, x2: 2, y2: 2), label: 2, area: 4, id: 1, shape: shape
            ),
            SampleInstance(
                box: BoundingBox(x1: 1, y1: 1, x2: 3, y2: 4), label: 0, isCrowd: true, area: 4,
                id: 2),
        ]
        return DataSample(
            name: "\(index)", image: RGBImage(height: 4, width: 3 + index),
            instances: index == 0 ? things : [], wantsMasks: true)
    }
}

@Test(
    "The things of a batch become tensors: crowds are ignored boxes, an image without things has none"
)
func instanceTargets() throws {
    var options = DataLoader.Options()
    options.batch = 2
    options.shuffles = false
    let batch = try #require(try DataLoader(Things(), Pipeline([]), options).next())
    #expect(try batch.images().shape == [2, 3, 4, 4])
    let targets = try batch.targets()
    #expect(targets.labels == nil)
    let instances = try #require(targets.instances)
    #expect(try instances[0].boxes.floats() == [0, 0, 2, 2] && instances[0].boxes.shape == [1, 4])
    #expect(instances[0].labels.dtype == .int64)
    #expect(try instances[0].labels.item() == 2)
    #expect(try instances[0].ignoredBoxes.floats() == [1, 1, 3, 4])
    let masks = try #require(instances[0].masks)
    #expect(masks.dtype == .uint8 && masks.shape == [1, 4, 4])
    #expect(try masks.to(.float32).floats() == (0..<16).map { $0 / 4 < 2 && $0 % 4 < 2 ? 1 : 0 })
    #expect(
        instances[1].boxes.shape == [0, 4] && instances[1].labels.shape == [0]
            && instances[1].masks?.shape == [0, 4, 4])
}
