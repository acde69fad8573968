import DenseKitErrors
import Foundation

/// Where a value of a configuration was written.
public enum SourceLocation: Sendable, Hashable {
    /// In a file; lines and columns count from 1, columns in characters. Prints
    /// `configs/a.yaml:3:5`.
    case position(file: String, line: Int, column: Int)
    /// A file as a whole, as when it cannot be read. Prints `configs/a.yaml`.
    case file(String)
    /// In an assignment that overrides the file, with the place inside its value for elements of a
    /// list or a mapping; 0 for the whole assignment. Prints `override model.head.channels=64`, and
    /// on the command line the option that it follows.
    case override(String, line: Int = 0, column: Int = 0)
    /// In no file: a default in the Swift code. Prints `default`.
    case `default`

    /// The file, as it was named on the command line or by `_base_`; nil for values that are in no
    /// file.
    public var file: String? {
        switch self {
        case .position(let file, _, _), .file(let file): file
        case .override, .default: nil
        }
    }

    /// `path` resolved relative to the folder of this location's file, `~` and `~user` expanded;
    /// paths from the command line are relative to the working directory.
    public func resolving(_ path: String) -> String {
        let path = FilePaths.expanded(path)
        guard let file, !path.hasPrefix("/") else { return path }
        return FilePaths.join(FilePaths.directory(of: file), path)
    }

    /// Whether both are on the same line, or on the same assignment.
    func sharesLine(with other: SourceLocation) -> Bool {
        switch (self, other) {
        case (.position(let file, let line, _), .position(let otherFile, let otherLine, _)):
            file == otherFile && line == otherLine
        case (.override(let assignment, _, _), .override(let other, _, _)): assignment == other
        default: self == other
        }
    }
}

extension SourceLocation: CustomStringConvertible {
    /// `street.yaml:4:9`, the file alone, the assignment that set the value, or `default`.
    public var description: String {
        switch self {
        case .position(let file, let line, let column): "\(file.onOneLine):\(line):\(column)"
        case .file(let file): file.onOneLine
        case .override(let assignment, _, _): "\(Term.override) \(assignment.shortened)"
        case .default: "default"
        }
    }
}
