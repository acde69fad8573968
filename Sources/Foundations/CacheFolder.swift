import Foundation

/// A folder of cached files that can be made again: `$XDG_CACHE_HOME/densekit/NAME`, or
/// `~/.cache/densekit/NAME`.
public struct CacheFolder: Sendable {
    /// The seconds (30 days) after which `prune` deletes a file that was not used.
    public static let lifetime: TimeInterval = 30 * 24 * 3600

    /// The path of the folder.
    public let path: String

    /// The cache folder called `name`, made where it does not exist.
    ///
    /// - Throws: the system's error where it cannot be made.
    public init(_ name: String) throws { try self.init(path: CacheFolder.standardPath(name)) }

    /// The folder at `path`, made where it does not exist.
    ///
    /// - Throws: the system's error where it cannot be made.
    public init(path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The path of the cache folder called `name`, whether it exists or not.
    public static func standardPath(_ name: String) -> String { "\(root())/\(name)" }

    /// The parent of all cache folders: `$XDG_CACHE_HOME/densekit`, or `~/.cache/densekit`.
    ///
    /// - Parameter environment: the environment variables to read; by default those of the process,
    ///   with `~` expanded
    public static func root(_ environment: [String: String] = FilePaths.environment) -> String {
        func folder(_ variable: String) -> String? {
            environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        let caches =
            folder("XDG_CACHE_HOME")
            ?? FilePaths.joined(folder("HOME") ?? NSHomeDirectory(), ".cache")
        return FilePaths.joined(caches, "densekit")
    }

    /// Whether the file `name` exists; if so, it is marked as used now.
    public func use(_ name: String) -> Bool {
        let file = "\(path)/\(name)"
        guard FileManager.default.fileExists(atPath: file) else { return false }
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file)
        return true
    }

    /// Deletes the files for whose names `isOurs` is true and that were not used for `lifetime`
    /// before `now`. A process that has such a file open keeps its content.
    public func prune(now: Date = Date(), _ isOurs: (String) -> Bool) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] where isOurs(name) {
            let attributes = try? files.attributesOfItem(atPath: "\(path)/\(name)")
            guard let time = attributes?[.modificationDate] as? Date,
                now.timeIntervalSince(time) > Self.lifetime
            else {
                continue
            }
            try? files.removeItem(atPath: "\(path)/\(name)")
        }
    }
}
