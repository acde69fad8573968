import Foundation

/// The compiler and the interfaces that a file plugin is compiled with.
struct Toolchain {
    let compiler: String
    /// The folder of this build's `.swiftmodule` files.
    let modules: String
    /// Folders with the C headers that those modules need.
    let headers: [String]

    /// Finds `swiftc` in `PATH`, and the interfaces beside the running executable: in the build
    /// folder and the sources above it, or in an installation.
    static func find() throws -> Toolchain {
        guard let compiler = search(["swiftc"], in: path()) else {
            throw FilePluginError.toolchain(
                "swiftc is not in PATH: a plugin is compiled on this machine; install Swift 6 (swift.org/install)"
            )
        }
        guard
            let executable = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/exe")
        else {
            throw FilePluginError.toolchain("/proc/self/exe cannot be read")
        }
        let folder = URL(filePath: executable).deletingLastPathComponent()
        let installed = folder.deletingLastPathComponent().appending(path: "lib/densekit")
        for modules in [folder.appending(path: "Modules"), installed.appending(path: "Modules")]
        where exists(modules.appending(path: "DenseKit.swiftmodule")) {
            return Toolchain(
                compiler: compiler, modules: modules.path,
                headers: try headers(from: folder, installed: installed))
        }
        throw FilePluginError.toolchain(
            "no DenseKit.swiftmodule beside \(executable): run it from its build folder, or install its Modules to \(installed.path)"
        )
    }

    private static let headerFolders = [
        "CTorch/include", "CPNG/include", "CSimdjson/include", "CYAML", "CTurboJPEG", "CZlib",
        "COpenBLAS", "CLaunch/include",
    ]

    /// The folder `Sources` at the time of the build.
    private static let builtFrom = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func headers(from folder: URL, installed: URL) throws -> [String] {
        var above = folder
        while above.path != "/" {
            if exists(above.appending(path: "Sources/CTorch/include/ct.h")) {
                return headerFolders.map { above.appending(path: "Sources/" + $0).path }
            }
            above = above.deletingLastPathComponent()
        }
        // An installation, or the sources that this executable was built of: those of a package
        // that depends on this one lie elsewhere.
        for sources in [installed.appending(path: "include"), builtFrom]
        where exists(sources.appending(path: "CTorch/include/ct.h")) {
            return headerFolders.map { sources.appending(path: $0).path }
        }
        throw FilePluginError.toolchain(
            "the engine's header ct.h is neither in Sources/ above \(folder.path) nor in \(installed.path)/include nor in \(builtFrom.path)"
        )
    }

    private static func path() -> [String] {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    }

    private static func search(_ names: [String], in folders: [String]) -> String? {
        folders.lazy.flatMap { folder in names.map { folder + "/" + $0 } }.first {
            access($0, X_OK) == 0
        }
    }

    private static func exists(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.path)
    }
}
