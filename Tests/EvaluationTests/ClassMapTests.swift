import DenseKitComponents
import DenseKitVision
import Testing

@testable import DenseKitEvaluation

@Suite("Classes of another data set") struct ClassMapTests {
    private let model = ["tv", "bus", "boat", "sky-other", "wall"]
    private let dataset = ["background", "tvmonitor", "bus", "vehicle", "sofa"]

    private func map(_ yaml: String, _ unmapped: ClassMap.Unmapped = .wrong) throws -> ClassMap {
        try ClassMap(
            YAMLNode.parse(yaml, file: "a.yaml"), unmapped: unmapped, model: model, dataset: dataset
        )
    }

    private func labels(_ values: [UInt16]) -> LabelMap {
        LabelMap(height: 1, width: values.count, labels: values)
    }

    @Test("Shared classes stand in the data set's order; the rest has no class, or is wrong")
    func tables() throws {
        let map = try map("{vehicle: [boat], tvmonitor: tv}")
        #expect(map.names == ["tvmonitor", "vehicle"] && map.mappedClasses == [0, 2])
        #expect(map.predicted(labels([0, 1, 2, 3, 4])).labels == [0, 2, 1, 2, 2])
        let none = LabelMap.ignore
        #expect(
            map.labelled(labels([0, 1, 2, 3, 4, none])).labels == [none, 0, none, 1, none, none])
        #expect(map.drawn(labels([0, 1, 2])).labels == [1, 3, none])
        #expect(
            map.summary
                == "2 of the data set's 5 classes are known to the model; 3 of its 5 are none of them and count as wrong"
        )
    }

    @Test("Several of the model's classes may be one; asked are the mapped ones alone")
    func excluded() throws {
        let map = try map("{vehicle: [boat, bus], tvmonitor: [tv]}", .excluded)
        #expect(map.mappedClasses == [0, 1, 2])
        #expect(map.predicted(labels([0, 1, 2])).labels == [0, 1, 1])
        #expect(map.summary.hasSuffix("2 of its 5 are none of them and are excluded"))
    }

    /// A prediction outside the map is in the union of the pixel's class, and no class's own.
    @Test func whatIsOutsideTheMapIsWrong() throws {
        let map = try map("{vehicle: [boat], tvmonitor: [tv]}")
        var counts = ConfusionCounts(classCount: map.names.count + 1)
        try counts.add(
            prediction: map.predicted(labels([0, 0, 4, 2, 2, 1])),
            label: map.labelled(labels([1, 3, 1, 3, 2, 1])))
        let scores = SegmentationScores(counts.first(map.names.count))
        // tvmonitor: pixels 0, 2, 5, of which 0 is right; pixel 1 is said to be one too. vehicle: 1
        // and 3, of which 3 is right.
        #expect(
            scores.perClass(.iou) == [0.25, 0.5] && scores.mean(.iou) == 0.375
                && scores.pixelAccuracy == 0.4)
    }

    @Test(
        "What does not fit",
        arguments: [
            (
                "{tvmonitr: [tv]}",
                "a.yaml:1:2: class_map: the data set has no class 'tvmonitr'; did you mean 'tvmonitor'?"
            ),
            (
                "{bus: [buss]}",
                "a.yaml:1:8: class_map: the model has no class 'buss'; did you mean 'bus'?"
            ),
            ("{bus: [helicopter]}", "a.yaml:1:8: class_map: the model has no class 'helicopter'"),
            (
                "{bus: [bus], vehicle: [boat, bus]}",
                "a.yaml:1:30: class_map: the model's class 'bus' is both 'bus' and 'vehicle'; a prediction can be one of them"
            ),
            (
                "{bus: []}",
                "a.yaml:1:7: class_map: 'bus' has no class of the model; leave the line out"
            ),
            ("{bus: [[bus]]}", "a.yaml:1:8: class_map: expected the name of a class of the model"),
            (
                "{}",
                "a.yaml:1:1: class_map: expected a class of the data set with the model's classes for each line; such as `tvmonitor: [tv]`"
            ),
            (
                "[bus]",
                "a.yaml:1:1: class_map: expected a class of the data set with the model's classes for each line; such as `tvmonitor: [tv]`"
            ),
        ])
    func refused(_ yaml: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try map(yaml) }
        #expect(error.description == expected)
    }

    @Test(
        "Beside a data set's own settings",
        arguments: [
            ("{type: X}", nil), ("{type: X, class_map: {bus: [bus]}}", ClassMap.Unmapped.wrong),
            ("{type: X, class_map: {bus: [bus]}, unmapped_prediction: excluded}", .excluded),
        ])
    func settings(_ yaml: String, _ unmapped: ClassMap.Unmapped?) throws {
        let node: ComponentNode = try YAMLNode.parse(yaml).decode()
        #expect(try node.classMap(model: model, dataset: dataset)?.unmapped == unmapped)
    }

    @Test func settingsWithoutAMap() throws {
        let node: ComponentNode = try YAMLNode.parse(
            "{type: X, unmapped_prediction: wrong}", file: "a.yaml"
        ).decode()
        let error = try #require(throws: ConfigurationError.self) {
            try node.classMap(model: model, dataset: dataset)
        }
        #expect(
            error.description
                == "a.yaml:1:32: unmapped_prediction belongs to a class_map, and there is none")
    }
}

@Suite("Heatmaps") struct HeatmapTests {
    @Test("From blue to red, over what the scores span")
    func colors() {
        let image = RGBImage(height: 1, width: 3, pixels: [UInt8](repeating: 100, count: 9))
        let found = Heatmap.overlay(image, scores: [1, 2, 4], opacity: 1)
        #expect(found.pixels == [0, 0, 127, 0, 211, 255, 127, 0, 0])
        #expect(
            Heatmap.overlay(image, scores: [-0.2, 0.1, 0.4], opacity: 0).pixels == image.pixels)
        #expect(
            Heatmap.overlay(image, scores: [0.3, 0.3, 0.3]).pixels.prefix(3)
                == Heatmap.overlay(image, scores: [1, 1, 1]).pixels.suffix(3))
    }

    @Test("Neighbouring levels differ little, and every level is a colour of its own")
    func steps() {
        let colors = (0..<256).map(Heatmap.color)
        #expect(Set(colors).count == 256)
        for (a, b) in zip(colors, colors.dropFirst()) {
            for (x, y) in [(a.red, b.red), (a.green, b.green), (a.blue, b.blue)] {
                #expect(abs(Int(x) - Int(y)) <= 4)
            }
        }
    }
}
