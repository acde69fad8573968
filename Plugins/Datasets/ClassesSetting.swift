import DenseKitCore
import Foundation

/// The class names of a data set as a setting: a list, or the path of a YAML file that holds one.
public enum ClassesSetting: Codable, Sendable, Equatable {
    /// The names in the order of the classes.
    case names([String])
    /// The path of a YAML file that lists the names; `~` is expanded.
    case file(String)

    /// Reads a list of names, or the path of a file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // A mistake in a list is reported at its element.
        self =
            try container.decode(YAMLNode.self).sequence == nil
            ? .file(container.decode(String.self)) : .names(try container.decode([String].self))
    }

    /// Writes the list, or the path.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .names(let names): try container.encode(names)
        case .file(let path): try container.encode(path)
        }
    }

    /// The names as `ClassName.cleaned` makes them, checked: at least one, all different.
    func resolved(_ component: String) throws -> [String] {
        switch self {
        case .file(let path):
            if path.contains(","), !FileManager.default.fileExists(atPath: FilePaths.expanded(path))
            {
                throw SettingError(
                    component, "classes",
                    "'\(path)' is no file: a list of names is written in brackets, [sky, sea]")
            }
            return try ClassFile.read(FilePaths.expanded(path))
        case .names(let names):
            guard !names.isEmpty else {
                throw SettingError(
                    component, "classes",
                    "expected the names of the classes, or a YAML file that lists them; found none")
            }
            return try ClassName.checked(names) { SettingError(component, "classes", $0) }
        }
    }
}
