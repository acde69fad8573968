import Foundation

extension YAMLNode {
    /// A configuration that may have errors: what could be read of it, and the errors.
    public struct Draft: Sendable {
        /// What could be read. A value with an error is stored as it is written, at the place that
        /// the error names.
        public let node: YAMLNode
        /// All errors, in the order in which they were found.
        public let errors: [ConfigurationError]
        /// Whether every file was read. If not, a value that is missing in `node` may be in an
        /// unread file.
        public let isWhole: Bool

        /// A configuration that was put together from others.
        public init(_ node: YAMLNode, errors: [ConfigurationError] = [], isWhole: Bool = true) {
            self.node = node
            self.errors = errors
            self.isWhole = isWhole
        }
    }

    /// Loads the configuration in the file at `path` like `load`, but collects all errors of files,
    /// bases, overrides and environment variables instead of throwing the first.
    public static func draft(
        path: String, overrides: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Draft {
        let collector = ErrorCollector()
        var node = YAMLNode(.mapping(Mapping()), at: .file(path))
        var isWhole = false
        var extra = [ConfigurationError]()
        do {
            var loader = ConfigurationLoader(environment, collector)
            if let read = try collector.attempt({
                try loader.load(FilePaths.expanded(path), askedAt: nil)
            }) {
                node = read
                isWhole = loader.isWhole
            }
            try node.apply(overrides, collector)
            node = try node.expanded(environment, collector)
        } catch let error as ConfigurationError {
            // A limit: nothing behind it is looked at.
            isWhole = false
            extra = [error]
        } catch {
            isWhole = false
            extra = [ConfigurationError(at: .file(path), "\(error)")]
        }
        return Draft(node, errors: collector.errors + extra, isWhole: isWhole)
    }
}
