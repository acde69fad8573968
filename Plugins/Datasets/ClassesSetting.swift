import DenseKit

/// The names of classes as a setting: a list, or the path of a YAML file that holds one.
public enum ClassesSetting: Codable, Sendable, Equatable {
    case names([String])
    case file(String)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let names = try? container.decode([String].self) {
            self = .names(names)
        } else {
            self = .file(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .names(let names): try container.encode(names)
        case .file(let path): try container.encode(path)
        }
    }

    /// The names, checked: at least one, all different.
    func resolved(_ component: String) throws -> [String] {
        switch self {
        case .file(let path): return try ClassFile.read(path)
        case .names(let names):
            guard !names.isEmpty else {
                throw SettingError(
                    component, "classes", "expected the names of the classes, or a YAML file that lists them; found none")
            }
            guard names.count <= LabelTable.maximumClasses else {
                throw SettingError(
                    component, "classes", "expected at most \(LabelTable.maximumClasses) names, found \(names.count)")
            }
            var seen: Set<String> = []
            if let twice = names.first(where: { !seen.insert($0).inserted }) {
                throw SettingError(component, "classes", "`\(twice)` is named twice")
            }
            return names
        }
    }
}
