import DenseKitComponents
import DenseKitErrors

/// Thrown for a plugin file that cannot be used.
public enum FilePluginError: DenseKitError {
    /// The file, named at this location, does not exist or cannot be read.
    case unreadable(String, SourceLocation)
    /// The file, named at this location, does not end in `.swift`.
    case notSwift(String, SourceLocation)
    /// The file does not compile, with the compiler's output.
    case doesNotCompile(String, String)
    /// The compiled library of the file cannot be loaded, with the reason.
    case cannotLoad(String, String)
    /// Plugins cannot be compiled on this machine, with the reason.
    case toolchain(String)

    public var place: String? {
        switch self {
        case .unreadable(let path, let location), .notSwift(let path, let location):
            "\(location): plugin \(path)"
        case .doesNotCompile, .cannotLoad, .toolchain: nil
        }
    }

    public var problem: String {
        switch self {
        case .unreadable: "no such file, or it cannot be read"
        case .notSwift: "a plugin is one .swift file"
        case .doesNotCompile(let path, let output): "plugin \(path) does not compile:\n\(output)"
        case .cannotLoad(let path, let reason): "plugin \(path) cannot be loaded: \(reason)"
        case .toolchain(let problem): "plugins cannot be compiled: \(problem)"
        }
    }

    public var remedy: String? {
        guard case .doesNotCompile(_, let output) = self,
            output.contains("cannot find 'plugin' in scope")
        else { return nil }
        return "a plugin file ends with a constant of its Plugin type: let plugin = MyPlugin()"
    }

    /// A configuration that names plugins requires a machine that compiles them.
    public var origin: ErrorOrigin { .configuration }
}
