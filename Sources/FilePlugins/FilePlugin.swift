import DenseKitCheckpoints
import DenseKitComponents
import Foundation

/// A plugin in one Swift file that a configuration names: it is compiled once for each content and
/// build, stored in a cache, and loaded.
///
/// The file declares a type that conforms to `Plugin` and ends with `let plugin = …`. It is code
/// that the user runs.
public enum FilePlugin {
    /// Compiles (or takes from the cache) and loads the file at `path`.
    ///
    /// - Parameters:
    ///   - path: of the Swift file
    ///   - location: where the configuration names the file, for errors
    /// - Throws: `FilePluginError` for a file that does not exist or is not Swift, with the
    ///   compiler's message for one that does not compile, and for a library that cannot be loaded.
    public static func load(_ path: String, namedAt location: SourceLocation) throws -> any Plugin {
        guard let source = FileManager.default.contents(atPath: path) else {
            throw FilePluginError.unreadable(path, location)
        }
        guard path.hasSuffix(".swift") else { throw FilePluginError.notSwift(path, location) }
        guard let build = BuildID.ofThisProcess() else {
            throw FilePluginError.toolchain(
                "this executable has no build-id, by which plugins know their host: link it with --build-id"
            )
        }
        let toolchain = try Toolchain.find()
        let key = hash(
            [build, toolchain.compiler, stamp(toolchain.compiler)].map { Data($0.utf8) } + [source])
        let module = moduleName(path, key)
        let cache = try PluginCache()
        let library = cache.path(module)
        if !cache.use(module) {
            try compile(path, module, build, toolchain, to: library)
            cache.prune()
        }
        return try open(library, path, build)
    }

    /// The module is named after the file and its content, so that it never meets another module of
    /// the same name.
    private static func moduleName(_ path: String, _ key: String) -> String {
        let stem = URL(filePath: path).deletingPathExtension().lastPathComponent
        return "Plugin_"
            + String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }) + "_" + key
    }

    private static func compile(
        _ path: String, _ module: String, _ build: String, _ toolchain: Toolchain,
        to library: String
    )
        throws
    {
        let folder = FileManager.default.temporaryDirectory.path + "/densekit-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let entry = """
            import DenseKit
            @_cdecl("densekit_plugin_built_for") public func builtFor() -> UnsafePointer<CChar> {
                UnsafeRawPointer(("\(build)" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
            }
            @_cdecl("densekit_plugin") public func entry() -> UnsafeMutableRawPointer { PluginBox.retained(plugin) }
            """
        try Data(entry.utf8).write(to: URL(filePath: folder + "/entry.swift"))
        let made = folder + "/plugin.so"
        var arguments = [
            "-emit-library", "-module-name", module, "-swift-version", "6", "-O", "-I",
            toolchain.modules,
        ]
        for header in toolchain.headers { arguments += ["-I", header] }
        arguments += [
            "-Xlinker", "--unresolved-symbols=ignore-all", path, folder + "/entry.swift", "-o",
            made,
        ]
        let (status, output) = try run(toolchain.compiler, arguments)
        guard status == 0 else {
            throw FilePluginError.doesNotCompile(path, output.replacing(folder + "/", with: ""))
        }
        // Another process may have made the same library meanwhile: either of them is whole.
        let bytes = try Data(contentsOf: URL(filePath: made))
        do throws(CheckpointError) {
            try AtomicFile.write(bytes, to: library)
        } catch {
            throw FilePluginError.toolchain(error.description)
        }
    }

    private static func open(_ library: String, _ path: String, _ build: String) throws
        -> any Plugin
    {
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
            throw FilePluginError.cannotLoad(
                path, dlerror().map { String(cString: $0) } ?? "unknown reason")
        }
        typealias BuiltFor = @convention(c) () -> UnsafePointer<CChar>
        typealias Entry = @convention(c) () -> UnsafeMutableRawPointer
        guard let guardSymbol = dlsym(handle, "densekit_plugin_built_for"),
            let entrySymbol = dlsym(handle, "densekit_plugin")
        else {
            throw FilePluginError.cannotLoad(path, "it has no entry point")
        }
        guard String(cString: unsafeBitCast(guardSymbol, to: BuiltFor.self)()) == build else {
            throw FilePluginError.cannotLoad(
                path, "it was compiled for another build of densekit; delete \(library)")
        }
        return PluginBox.taken(unsafeBitCast(entrySymbol, to: Entry.self)())
    }

    /// Size and time of a file: a compiler that changes gives other libraries.
    private static func stamp(_ path: String) -> String {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path)
        return "\(attributes?[.size] ?? 0) \(attributes?[.modificationDate] ?? 0)"
    }

    /// FNV-1a over all parts, each preceded by its length.
    private static func hash(_ parts: [Data]) -> String {
        var hash = FNV1a()
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count)) { hash.add($0) }
            hash.add(part)
        }
        return hash.hexadecimal
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> (
        status: Int32, output: String
    ) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
