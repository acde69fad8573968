import DenseKitConfiguration
import Foundation
import Testing

/// `~` and `~user`, wherever a path is taken.
@Suite struct PathTests {
    /// Somebody with a home folder, and the folder: root, whom every system has.
    private var root: String { String(cString: getpwnam("root").pointee.pw_dir) }
    private var home: String { getenv("HOME").map { String(cString: $0) } ?? "" }

    @Test("Paths of a configuration are expanded before they become relative to their file")
    func located() throws {
        struct Settings: YAMLConfiguration { var file: LocatedValue<String> = "" }
        let settings = try YAMLNode.parse("file: ~/weights.pth", file: "configs/a.yaml").decode(
            Settings.self)
        #expect(settings.file.resolved == home + "/weights.pth")
        #expect(SourceLocation.file("configs/a.yaml").resolving("./~x") == "configs/~x")
        #expect(SourceLocation.override("a=b").resolving("~root/x") == root + "/x")
    }

    @Test("A configuration may lie in the home folder")
    func file() {
        let name = "no-such-file-of-densekit.yaml"
        #expect(
            message("file") { _ = try YAMLNode.load(path: "~/" + name) }
                == "\(home)/\(name): no such file")
    }

    @Test("A base may lie in the home folder")
    func base() throws {
        let folder = try Folder(["a.yaml": "_base_: ~nobody-of-this-name/b.yaml"])
        #expect(folder.message().contains("_base_ "))
        #expect(folder.message().hasSuffix("~nobody-of-this-name/b.yaml: no such file"))
        let other = try Folder(["a.yaml": "_base_: ~/no-such-file-of-densekit.yaml"])
        #expect(
            other.message()
                == "a.yaml:1:9: _base_ \(home)/no-such-file-of-densekit.yaml: no such file")
    }
}
