import Foundation

/// A folder of files that can be made again: `$XDG_CACHE_HOME/densekit/NAME`, or `~/.cache/densekit/NAME`.
public struct CacheFolder: Sendable {
    /// Files that nobody used for so long belong to what is gone.
    public static let lifetime: TimeInterval = 30 * 24 * 3600

    public let path: String

    /// The folder of this name, made where it is not there yet.
    ///
    /// Throws the system's error where it cannot be made.
    public init(_ name: String) throws { try self.init(path: CacheFolder.standardPath(name)) }

    /// The folder at `path`, made where it is not there yet.
    ///
    /// Throws the system's error where it cannot be made.
    public init(path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Where the folder of this name is or belongs.
    public static func standardPath(_ name: String) -> String { "\(root())/\(name)" }

    /// The folder above all of them: `$XDG_CACHE_HOME/densekit`, or `~/.cache/densekit`.
    ///
    /// - Parameter environment: the variables that it follows from; those of the process, with `~` expanded, if left out
    public static func root(_ environment: [String: String] = FilePaths.environment) -> String {
        func folder(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
        let caches = folder("XDG_CACHE_HOME") ?? FilePaths.joined(folder("HOME") ?? NSHomeDirectory(), ".cache")
        return FilePaths.joined(caches, "densekit")
    }

    /// Whether the file is there. If so, its time says from now on that it was used now.
    public func use(_ name: String) -> Bool {
        let file = "\(path)/\(name)"
        guard FileManager.default.fileExists(atPath: file) else { return false }
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file)
        return true
    }

    /// Deletes those of the files that `isOurs` knows by their names which were not used for `lifetime`. A process that has such a file
    /// open keeps it.
    public func prune(now: Date = Date(), _ isOurs: (String) -> Bool) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] where isOurs(name) {
            let attributes = try? files.attributesOfItem(atPath: "\(path)/\(name)")
            guard let time = attributes?[.modificationDate] as? Date, now.timeIntervalSince(time) > Self.lifetime else {
                continue
            }
            try? files.removeItem(atPath: "\(path)/\(name)")
        }
    }
}
