import Foundation

/// Compiled plugins, one library for each content, compiler and build of densekit: `~/.cache/densekit/plugins`.
struct PluginCache {
    /// Libraries that nobody used for so long belong to contents and builds that are gone.
    static let lifetime: TimeInterval = 30 * 24 * 3600

    private let folder: String

    /// Throws `FilePluginError` where the folder cannot be made.
    init() throws {
        let environment = ProcessInfo.processInfo.environment
        let root = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() + "/.cache"
        try self.init(folder: root + "/densekit/plugins")
    }

    init(folder: String) throws {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw FilePluginError.toolchain(
                "the plugin cache \(folder) cannot be made: set XDG_CACHE_HOME to a folder you may write")
        }
    }

    /// Where the library of `module` is or belongs.
    func path(_ module: String) -> String { folder + "/\(module).so" }

    /// Whether the library is there. If so, its time says from now on that it was used now.
    func use(_ module: String) -> Bool {
        guard FileManager.default.fileExists(atPath: path(module)) else { return false }
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path(module))
        return true
    }

    /// Deletes what was not used for `lifetime`. A process that has such a library loaded keeps it.
    func prune(now: Date = Date()) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix("Plugin_") {
            let attributes = try? files.attributesOfItem(atPath: "\(folder)/\(name)")
            guard let time = attributes?[.modificationDate] as? Date, now.timeIntervalSince(time) > Self.lifetime else {
                continue
            }
            try? files.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
