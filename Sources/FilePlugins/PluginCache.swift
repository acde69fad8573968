import DenseKitComponents
import Foundation

/// Compiled plugins, one library for each content, compiler and build of densekit:
/// `~/.cache/densekit/plugins`.
struct PluginCache {
    /// Libraries that nobody used for so long belong to contents and builds that are gone.
    static let lifetime = CacheFolder.lifetime

    private let folder: CacheFolder

    /// Throws `FilePluginError` where the folder cannot be made.
    init() throws { try self.init(folder: CacheFolder.standardPath("plugins")) }

    init(folder: String) throws {
        do {
            self.folder = try CacheFolder(path: folder)
        } catch {
            throw FilePluginError.toolchain(
                "the plugin cache \(folder) cannot be made: set XDG_CACHE_HOME to a folder you may write"
            )
        }
    }

    /// Where the library of `module` is or belongs.
    func path(_ module: String) -> String { folder.path + "/\(module).so" }

    /// Whether the library is there. If so, its modification time is set to now.
    func use(_ module: String) -> Bool { folder.use("\(module).so") }

    /// Deletes what was not used for `lifetime`. A process that has such a library loaded keeps it.
    func prune(now: Date = Date()) {
        // With a dot in front: what a process that was killed left of a library.
        folder.prune(now: now) { $0.hasPrefix("Plugin_") || $0.hasPrefix(".Plugin_") }
    }
}
