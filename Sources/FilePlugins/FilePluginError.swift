import DenseKitComponents

/// A file plugin that cannot be used.
public enum FilePluginError: Error, CustomStringConvertible, Sendable {
    case unreadable(String, SourceLocation)
    case notSwift(String, SourceLocation)
    case doesNotCompile(String, String)
    case cannotLoad(String, String)
    case toolchain(String)

    public var description: String {
        switch self {
        case .unreadable(let path, let location): "\(location): plugin \(path): no such file, or it cannot be read"
        case .notSwift(let path, let location): "\(location): plugin \(path): a plugin is one .swift file"
        case .doesNotCompile(let path, let output): "plugin \(path) does not compile:\n\(output)" + FilePluginError.hint(output)
        case .cannotLoad(let path, let reason): "plugin \(path) cannot be loaded: \(reason)"
        case .toolchain(let problem): "plugins cannot be compiled: \(problem)"
        }
    }

    private static func hint(_ output: String) -> String {
        output.contains("cannot find 'plugin' in scope")
            ? "\na plugin file ends with a constant of its Plugin type: let plugin = MyPlugin()" : ""
    }
}
