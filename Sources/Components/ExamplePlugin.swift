/// A plugin that brings examples of its components in use, for the commands that write configurations.
public protocol ExamplePlugin: Plugin {
    /// Small experiments on the data that `densekit demo` makes.
    var demos: [DemoConfiguration] { get }
    /// A prompter in one line of YAML that fits any backbone, for the configuration that `densekit new` writes; nil for none.
    var examplePrompter: String? { get }
}

extension ExamplePlugin {
    public var demos: [DemoConfiguration] { [] }
    public var examplePrompter: String? { nil }
}

/// A small experiment that trains from scratch in minutes, on data that `densekit demo` makes.
public struct DemoConfiguration: Sendable {
    /// The data that the experiment is for.
    public enum Scenes: Sendable {
        /// Images and masks in ADE20K's layout.
        case labelMaps
        /// Images and annotations in COCO's format.
        case instances
    }

    /// Where the data lies, and what it shows.
    public struct Place: Sendable {
        /// The folder of the data set.
        public let root: String
        /// The names of its classes.
        public let classes: [String]

        public init(root: String, classes: [String]) {
            self.root = root
            self.classes = classes
        }
    }

    public let scenes: Scenes
    /// The name of the configuration's file, as `mask_rcnn_demo.yaml`.
    public let fileName: String
    /// The configuration, a YAML text.
    public let text: @Sendable (Place) -> String

    public init(_ scenes: Scenes, fileName: String, text: @escaping @Sendable (Place) -> String) {
        self.scenes = scenes
        self.fileName = fileName
        self.text = text
    }
}
