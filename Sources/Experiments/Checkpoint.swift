import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import Foundation
import DenseKitVision

/// A checkpoint: a directory with `model.safetensors` (weights under their official keys; classes, palette and configuration in its
/// metadata), `optimizer.safetensors` and `state.json`. It appears by one rename.
public enum Checkpoint {
    /// What the model was trained for, beside its weights.
    public struct ModelInfo: Sendable {
        public let classes: ClassList
        /// The resolved configuration, YAML.
        public let configuration: String
        /// Whether the text embeddings of the classes stand in place of the text encoder.
        public let textIsKept: Bool

        /// How many images it is trained on, where it is being trained.
        public let trainingImages: Int?

        public init(classes: ClassList, configuration: String, textIsKept: Bool = false, trainingImages: Int? = nil) {
            self.classes = classes
            self.trainingImages = trainingImages
            self.configuration = configuration
            self.textIsKept = textIsKept
        }

        /// What a file of weights says of itself.
        public var metadata: [String: String] {
            var metadata = [
                "format": "densekit", "classes": json(classes.names), Checkpoint.configurationKey: configuration,
                "palette": json(classes.palette.map { [Int($0.red), Int($0.green), Int($0.blue)] }),
            ]
            if textIsKept { metadata["text"] = "kept" }
            if let trainingImages { metadata["training_images"] = "\(trainingImages)" }
            return metadata
        }

        private func json(_ value: some Encodable) -> String {
            (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        }
    }

    /// Where the metadata of a file of weights holds the resolved configuration.
    static let configurationKey = "configuration"

    /// Whether the file holds the text embeddings of its classes in place of a text encoder.
    public static func textIsKept(in metadata: [String: String]) -> Bool { metadata["text"] == "kept" }

    /// The classes that the weights were trained for, where the file says so.
    public static func classes(in metadata: [String: String]) -> ClassList? {
        func list<Element: Decodable>(_ key: String) -> [Element]? {
            metadata[key].flatMap { try? JSONDecoder().decode([Element].self, from: Data($0.utf8)) }
        }
        guard let names: [String] = list("classes") else { return nil }
        let colors: [[Int]]? = list("palette")
        let palette = colors?.compactMap {
            $0.count == 3 ? RGBColor(UInt8(clamping: $0[0]), UInt8(clamping: $0[1]), UInt8(clamping: $0[2])) : nil
        }
        return ClassList(names: names.map(ClassName.cleaned), palette: palette?.count == names.count ? palette : nil)
    }
}
