import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitVision
import Foundation

/// A checkpoint: a directory with `model.safetensors` (weights under their official keys; classes,
/// palette and configuration in its metadata), `optimizer.safetensors` and `state.json`. It is
/// written as a whole or not at all.
public enum Checkpoint {
    /// What a weights file records about its model: classes, palette and configuration.
    public struct ModelInfo: Sendable {
        /// The classes that the model was trained on.
        public let classes: ClassList
        /// The resolved configuration as YAML.
        public let configuration: String
        /// Whether the text embeddings of the classes are stored in place of the text encoder.
        public let textIsCached: Bool

        /// The number of training images; nil where the model is not being trained.
        public let trainingImages: Int?

        /// The device that the model is trained on, which `Predictor` uses too; nil where it is not
        /// known.
        public let device: Device?

        /// What a weights file says about its model.
        ///
        /// - Parameters:
        ///   - classes: that the model was trained on
        ///   - configuration: the resolved configuration as YAML
        ///   - textIsCached: whether text embeddings are stored in place of the text encoder
        ///   - trainingImages: the number of training images; nil where the model is not being
        ///     trained
        ///   - device: the device that the model is trained on; nil where it is not known
        public init(
            classes: ClassList, configuration: String, textIsCached: Bool = false,
            trainingImages: Int? = nil,
            device: Device? = nil
        ) {
            self.classes = classes
            self.device = device
            self.trainingImages = trainingImages
            self.configuration = configuration
            self.textIsCached = textIsCached
        }

        /// The metadata to store in a safetensors file.
        public var metadata: [String: String] {
            var metadata = [
                "format": "densekit", "classes": json(classes.names),
                Checkpoint.configurationKey: configuration,
                "palette": json(
                    classes.palette.map { [Int($0.red), Int($0.green), Int($0.blue)] }),
            ]
            if textIsCached { metadata["text"] = "kept" }
            if let trainingImages { metadata["training_images"] = "\(trainingImages)" }
            if let device { metadata[Checkpoint.deviceKey] = "\(device)" }
            return metadata
        }

        private func json(_ value: some Encodable) -> String {
            (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        }
    }

    /// Where the metadata of a file of weights holds the resolved configuration.
    static let configurationKey = "configuration"
    private static let deviceKey = "device"

    /// Whether a weights file with this metadata holds text embeddings of its classes in place of a
    /// text encoder.
    public static func textIsCached(in metadata: [String: String]) -> Bool {
        metadata["text"] == "kept"
    }

    /// The device that the weights were trained on; nil where the metadata does not name it.
    ///
    /// - Parameters:
    ///   - metadata: of the file of weights
    ///   - path: of the file, for errors
    /// - Throws: `CheckpointError` for a name that no device has.
    public static func device(in metadata: [String: String], at path: String) throws -> Device? {
        guard let text = metadata[deviceKey] else { return nil }
        if let device = Device(text) { return device }
        throw CheckpointError(
            path: path,
            problem:
                "says that it was trained on the device '\(text)', which is none of cpu, cuda, cuda:N",
            remedy: "name a device with `device:`")
    }

    /// The classes that the weights were trained on; nil where the metadata does not name them.
    public static func classes(in metadata: [String: String]) -> ClassList? {
        func list<Element: Decodable>(_ key: String) -> [Element]? {
            metadata[key].flatMap { try? JSONDecoder().decode([Element].self, from: Data($0.utf8)) }
        }
        guard let names: [String] = list("classes") else { return nil }
        let colors: [[Int]]? = list("palette")
        let palette = colors?.compactMap {
            $0.count == 3
                ? RGBColor(UInt8(clamping: $0[0]), UInt8(clamping: $0[1]), UInt8(clamping: $0[2]))
                : nil
        }
        return ClassList(
            names: names.map(ClassName.cleaned),
            palette: palette?.count == names.count ? palette : nil)
    }
}
