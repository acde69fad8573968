import DenseKitBuiltIn
import DenseKitCore
import Testing

/// What every segmentation head that classifies by a convolution refuses.
@Suite struct SegmentationHeadTests {
    private static let heads = ["FCN", "SemanticFPN", "UPerNet"]

    private func problem(
        _ settings: String, strides: [Int] = [4, 8, 16, 32], classes: Int = 3
    ) throws -> String {
        let context = BuildContext(
            registry: try Registry(BuiltIn.plugins),
            classNames: (0..<classes).map { "class \($0)" },
            features: strides.map { FeatureSpec(channels: 2, stride: $0) })
        struct Model: YAMLConfiguration { var head: ComponentNode? }
        let model = try Model.decode(yaml: "head: {\(settings)}")
        let head = try #require(model.head)
        let error = try #require(throws: BuildError.self) {
            try context.registry.heads.make(head, context)
        }
        return error.underlying
    }

    @Test(arguments: heads) func levelsAndClassesAreNeeded(_ type: String) throws {
        let noLevel = try problem("type: \(type)", strides: [])
        #expect(noLevel == "needs at least one level of features")
        let noClasses = try problem("type: \(type)", classes: 0)
        #expect(noClasses == "needs the names of the classes, and the data set has none")
    }

    @Test(arguments: heads) func settingsOutOfRange(_ type: String) throws {
        for channels in [0, -3, Int.max] {
            let found = try problem("type: \(type), channels: \(channels)")
            #expect(found == "channels must be 1…65536, found \(channels)")
        }
        for dropout in [-1.0, 1.5, 2] {
            let found = try problem("type: \(type), dropout: \(dropout)")
            #expect(found == "dropout must be 0.0…1.0, found \(dropout)")
        }
    }
}
