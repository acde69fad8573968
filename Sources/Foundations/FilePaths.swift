import Foundation

/// Operations on paths as text, as configurations and messages contain them.
public enum FilePaths {
    /// `path` with the home folder in place of a leading `~` or `~user`, as in a shell. Other
    /// paths, and those of unknown users, are not changed; `./~x` is the file of that name.
    ///
    /// Every path that a user gives passes through this function: shells expand only the start of a
    /// word, not `--out=~/x`, and nothing in configuration files.
    public static func expanded(_ path: String) -> String {
        guard path.utf8.first == UInt8(ascii: "~") else { return path }
        let user = path.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") }
        guard let home = home(of: String(Substring(user))) else { return path }
        let rest = String(Substring(path.utf8.dropFirst(1 + user.count)))
        return home == "/" && !rest.isEmpty ? rest : home + rest
    }

    /// The variables of the process, those that hold a path of the form `~/x` expanded.
    public static var environment: [String: String] {
        ProcessInfo.processInfo.environment.mapValues(expanded)
    }

    /// Home folders, without a slash at the end: `$HOME` of the user who runs this, where it is
    /// set, else the one that the system gives.
    private static func home(of user: String) -> String? {
        if user.isEmpty, let home = getenv("HOME").map({ String(cString: $0) }), !home.isEmpty {
            return trimmed(home)
        }
        var entry = passwd()
        var found = nil as UnsafeMutablePointer<passwd>?
        var text = [CChar](repeating: 0, count: 1 << 14)
        let status =
            user.isEmpty
            ? getpwuid_r(getuid(), &entry, &text, text.count, &found)
            : getpwnam_r(user, &entry, &text, text.count, &found)
        guard status == 0, found != nil, let home = entry.pw_dir else { return nil }
        return trimmed(String(cString: home))
    }

    private static func trimmed(_ folder: String) -> String {
        var folder = folder
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        return folder
    }

    /// `name` in `folder`, with one slash between them.
    public static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The folder of `file`; empty for a bare name.
    public static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// `path` relative to `directory`, without `.` and `x/..` where the file system agrees that it
    /// is the same place (after a symbolic link `..` is not).
    public static func join(_ directory: String, _ path: String) -> String {
        if path.hasPrefix("/") || directory.isEmpty { return path }
        let joined = joined(directory, path)
        let short = simplified(joined)
        guard let lastUp = joined.range(of: "/..", options: .backwards) else { return short }
        let up = String(joined[..<lastUp.upperBound])
        return identity(of: up) == identity(of: simplified(up)) ? short : joined
    }

    /// The identity of the file at `path`: equal for all paths that lead to the same file.
    public static func identity(of path: String) -> String {
        guard let real = realpath(path.isEmpty ? "." : path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func simplified(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
