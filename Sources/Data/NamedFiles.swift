import Foundation
import Synchronization

/// Finds the files of a folder by the names that an annotation file uses.
public final class NamedFiles: Sendable {
    private let folder: String
    /// The folder's files, once a name was not found as it is written.
    private let index = Mutex<NameIndex?>(nil)

    /// The files in `folder`, which is not read before a name is not found as written.
    public init(_ folder: String) { self.folder = folder }

    /// The path of the file called `name`: the one with exactly these bytes, else the only one
    /// whose name has the same Unicode normal form.
    ///
    /// - Parameters:
    ///   - name: as the annotation file spells it
    ///   - source: the annotation file that uses the name, for the error
    /// - Throws: `DataError` for a file that does not exist, with similar files where there are
    ///   any, and for several that match.
    public func path(_ name: String, namedBy source: String) throws -> String {
        let path = "\(folder)/\(name)"
        if access(path, F_OK) == 0 { return path }
        let index = files()
        switch index.file(name) {
        case .found(let file): return "\(folder)/\(file)"
        case .ambiguous(let files):
            throw DataError(
                path,
                "(\(name.escapedBytes)) may be any of \(files.count) files whose names differ in their bytes alone: "
                    + NameIndex.shown(files), remedy: "keep one of them")
        case .none:
            throw DataError(
                path, "no such file",
                remedy: remedy(name, index) ?? "add the image, or take it out of \(source)",
                kind: .unreadable)
        }
    }

    private func files() -> NameIndex {
        index.withLock { index in
            let known = index ?? NameIndex(FileTree(folder)?.files ?? [])
            index = known
            return known
        }
    }

    private func remedy(_ name: String, _ index: NameIndex) -> String? {
        func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
        if name.contains("\\") {
            let slashed = name.replacing("\\", with: "/")
            let place = exists("\(folder)/\(slashed)") ? ", as in \(slashed), which is there" : ""
            return
                "its file_name has backslashes, as Windows writes paths: write / in place of \\ in the file of annotations\(place)"
        }
        let last = name.split(separator: "/").last.map(String.init) ?? name
        if last != name, index.contains(last) {
            return "\(folder)/\(last) is there: take the folders out of file_name"
        }
        let above = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? "."
        if !name.hasPrefix("/"), exists("\(above)/\(name)") {
            return "\(above)/\(name) is there: set images to the folder that file_name starts from"
        }
        if name.hasPrefix("/") {
            return "its file_name is a whole path: write it as it lies below \(folder)"
        }
        if let decoded = name.removingPercentEncoding, decoded != name,
            exists("\(folder)/\(decoded)")
        {
            return
                "\(folder)/\(decoded) is there: file_name is written as in a web address; write the name itself"
        }
        return index.near(name).map { "\(folder)/\($0) is there: upper and lower case count" }
    }
}
