import Foundation

extension YAMLNode {
    /// A configuration that may have mistakes: as much of it as could be read, and what is wrong with its text.
    public struct Draft: Sendable {
        /// What is left of it. A value with a mistake stands here as it is written, at the place that the error names.
        public let node: YAMLNode
        /// Every mistake, in the order in which they were found.
        public let errors: [ConfigurationError]
        /// Whether every file was read. Where one was not, a value that is missing in `node` may stand there.
        public let isWhole: Bool

        /// A configuration that was put together of others.
        public init(_ node: YAMLNode, errors: [ConfigurationError] = [], isWhole: Bool = true) {
            (self.node, self.errors, self.isWhole) = (node, errors, isWhole)
        }
    }

    /// The same as `load`, with all mistakes in place of the first: of files, bases, overrides and environment variables.
    public static func draft(
        path: String, overrides: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Draft {
        let collector = ErrorCollector()
        var (node, isWhole, extra) = (YAMLNode(.mapping(Mapping()), at: .file(path)), false, [ConfigurationError]())
        do {
            var loader = ConfigurationLoader(environment, collector)
            if let read = try collector.attempt({ try loader.load(FilePaths.expanded(path), askedAt: nil) }) {
                (node, isWhole) = (read, loader.isWhole)
            }
            try node.apply(overrides, collector)
            node = try node.expanded(environment, collector)
        } catch let error as ConfigurationError {
            // A limit: nothing behind it is looked at.
            (isWhole, extra) = (false, [error])
        } catch {
            (isWhole, extra) = (false, [ConfigurationError(at: .file(path), "\(error)")])
        }
        return Draft(node, errors: collector.errors + extra, isWhole: isWhole)
    }
}
