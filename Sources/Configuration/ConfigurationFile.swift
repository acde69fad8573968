import Foundation

/// Reading the bytes of a configuration file.
enum ConfigurationFile {
    /// The whole file.
    ///
    /// - Parameter asked: where the path is written; nil for the command line.
    /// - Throws: `ConfigurationError` when there is no such regular file, it cannot be read, or it
    ///   is above the limit.
    static func read(_ path: String, askedAt asked: SourceLocation?) throws -> [UInt8] {
        func failure(_ problem: String, hint: String? = nil) -> ConfigurationError {
            guard let asked else { return ConfigurationError(at: .file(path), problem, hint: hint) }
            return ConfigurationError(at: asked, "_base_ \(path.onOneLine): \(problem)", hint: hint)
        }

        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        if descriptor < 0 {
            let code = errno
            guard code == ENOENT || code == ENOTDIR else {
                throw failure("cannot be read: \(String(cString: strerror(code)))")
            }
            throw failure(
                "no such file", hint: neighbour(of: path).map { "did you mean \($0.onOneLine)?" })
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw failure("cannot be read: \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw failure("is a directory, not a file") }
        if status.st_mode & S_IFMT != S_IFREG { throw failure("is not a regular file") }
        if status.st_size > Limits.fileBytes {
            throw failure("is larger than 1 MiB", hint: "a configuration is text written by hand")
        }

        // one more, to notice a file that grew
        var bytes = [UInt8](repeating: 0, count: Limits.fileBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw failure("cannot be read: \(String(cString: strerror(errno)))")
            }
            count += got
        }
        if count > Limits.fileBytes {
            throw failure("is larger than 1 MiB", hint: "a configuration is text written by hand")
        }
        return Array(bytes.prefix(count))
    }

    /// The file in the same folder whose name is nearest.
    private static func neighbour(of path: String) -> String? {
        let directory = FilePaths.directory(of: path)
        let names =
            (try? FileManager.default.contentsOfDirectory(
                atPath: directory.isEmpty ? "." : directory)) ?? []
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return nearestSpelling(to: name, among: names.sorted()).map {
            FilePaths.join(directory, $0)
        }
    }
}
