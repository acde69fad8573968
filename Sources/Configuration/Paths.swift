import Foundation

/// Paths as text, as they stand in configurations and messages.
enum Paths {
    /// The folder of `file`; empty for a bare name.
    static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// `path` inside `directory`, without `.` and `x/..` where the file system agrees that it is the same place (behind a symbolic link `..` is not).
    static func join(_ directory: String, _ path: String) -> String {
        if path.hasPrefix("/") || directory.isEmpty { return path }
        let joined = directory.hasSuffix("/") ? directory + path : directory + "/" + path
        let short = simplified(joined)
        guard let lastUp = joined.range(of: "/..", options: .backwards) else { return short }
        let up = String(joined[..<lastUp.upperBound])
        return identity(of: up) == identity(of: simplified(up)) ? short : joined
    }

    /// One name for each file, whichever way leads to it.
    static func identity(of path: String) -> String {
        guard let real = realpath(path.isEmpty ? "." : path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func simplified(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
