import DenseKitDatasets
import DenseKitVision
import Testing

/// The classes and colours that the benchmarks fix.
@Suite struct BenchmarkClassTests {
    static let lists:
        [(
            name: String, list: ClassList, count: Int,
            samples: [(index: Int, name: String, color: RGBColor)]
        )] = [
            (
                "ADE20K", ADE20K.benchmark, 150,
                [(0, "wall", RGBColor(120, 120, 120)), (149, "flag", RGBColor(92, 0, 255))]
            ),
            (
                "COCOStuff", COCOStuff.benchmark, 171,
                [
                    (0, "person", RGBColor(0, 192, 64)), (2, "car", RGBColor(0, 64, 96)),
                    (79, "toothbrush", RGBColor(192, 160, 0)),
                    (80, "banner", RGBColor(0, 192, 0)), (170, "wood", RGBColor(64, 64, 0)),
                ]
            ),
            (
                "Cityscapes", Cityscapes.benchmark, 19,
                [
                    (0, "road", RGBColor(128, 64, 128)),
                    (6, "traffic light", RGBColor(250, 170, 30)),
                    (13, "car", RGBColor(0, 0, 142)),
                    (18, "bicycle", RGBColor(119, 11, 32)),
                ]
            ),
            (
                "PascalVOC", PascalVOC.benchmark, 21,
                [
                    (0, "background", RGBColor(0, 0, 0)), (1, "aeroplane", RGBColor(128, 0, 0)),
                    (15, "person", RGBColor(192, 128, 128)),
                    (20, "tvmonitor", RGBColor(0, 64, 128)),
                ]
            ),
            (
                "PascalContext", PascalContext.benchmark, 60,
                [
                    (0, "background", RGBColor(120, 120, 120)),
                    (1, "aeroplane", RGBColor(180, 120, 120)),
                    (59, "wood", RGBColor(31, 0, 255)),
                ]
            ),
            (
                "ISAID", ISAID.benchmark, 16,
                [
                    (0, "background", RGBColor(0, 0, 0)),
                    (6, "Ground_Track_Field", RGBColor(0, 63, 255)),
                    (15, "Harbor", RGBColor(0, 100, 155)),
                ]
            ),
        ]

    @Test(arguments: lists.indices)
    func classes(index: Int) {
        let (name, list, count, samples) = Self.lists[index]
        #expect(list.count == count, "\(name)")
        #expect(Set(list.names).count == count && list.names.allSatisfy { !$0.isEmpty }, "\(name)")
        for (index, word, color) in samples {
            #expect((list.names[index], list.palette[index]) == (word, color), "\(name)")
        }
    }

    /// Colours that the set of Pascal VOC computes: the bits of a class, three by three, from the
    /// top of red, green and blue down.
    @Test func colorsOfPascalVOC() {
        for index in PascalVOC.benchmark.names.indices {
            var levels: [UInt8] = [0, 0, 0]
            for bit in 0..<8 { levels[bit % 3] |= UInt8(index >> bit & 1) << (7 - bit / 3) }
            #expect(PascalVOC.benchmark.palette[index] == RGBColor(levels[0], levels[1], levels[2]))
        }
    }
}
