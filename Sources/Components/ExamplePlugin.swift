/// A plugin with examples that use its components, for the commands that write configurations.
public protocol ExamplePlugin: Plugin {
    /// Small experiments on the data that `densekit demo` makes.
    var demos: [DemoConfiguration] { get }
    /// A prompter in one line of YAML that works with any backbone, for the configuration that
    /// `densekit new` writes; nil for none.
    var examplePrompter: String? { get }
}

extension ExamplePlugin {
    /// No experiments by default.
    public var demos: [DemoConfiguration] { [] }
    /// Nil by default: the plugin has no prompter for new configurations.
    public var examplePrompter: String? { nil }
}

/// A small experiment that trains from scratch in minutes, on data that `densekit demo` makes.
public struct DemoConfiguration: Sendable {
    /// A kind of synthetic data set that `densekit demo` makes.
    public enum Scenes: Sendable {
        /// Images and masks in ADE20K's layout.
        case labelMaps
        /// Images and annotations in COCO's format.
        case instances
    }

    /// Where the data set lies, and the classes it has.
    public struct Place: Sendable {
        /// The folder of the data set.
        public let root: String
        /// The names of its classes.
        public let classes: [String]

        /// The data set in the folder `root`, with the names of its classes.
        public init(root: String, classes: [String]) {
            self.root = root
            self.classes = classes
        }
    }

    /// The kind of data that `densekit demo` makes for it.
    public let scenes: Scenes
    /// The name of the configuration's file, as `mask_rcnn_demo.yaml`.
    public let fileName: String
    /// The configuration, a YAML text.
    public let text: @Sendable (Place) -> String

    /// - Parameters:
    ///   - scenes: the kind of data set that the experiment trains on
    ///   - fileName: the name of the configuration's file, such as `mask_rcnn_demo.yaml`
    ///   - text: makes the YAML text for the place of the data set
    public init(_ scenes: Scenes, fileName: String, text: @escaping @Sendable (Place) -> String) {
        self.scenes = scenes
        self.fileName = fileName
        self.text = text
    }
}
