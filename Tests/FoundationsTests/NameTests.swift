import DenseKitFoundations
import Foundation
import Testing

/// Paths of home folders and caches, and the two spellings of a name.
@Suite struct NameTests {
    /// Somebody with a home folder, and the folder: root, whom every system has.
    private var root: String { String(cString: getpwnam("root").pointee.pw_dir) }
    private var home: String { getenv("HOME").map { String(cString: $0) } ?? "" }

    @Test("The home folder stands for a leading ~, another's for ~user; everything else stays")
    func expansion() throws {
        try #require(home.hasPrefix("/") && home.count > 1)
        #expect(FilePaths.expanded("~") == home)
        #expect(FilePaths.expanded("~/") == home + "/")
        #expect(FilePaths.expanded("~/a b/~c") == home + "/a b/~c")
        #expect(FilePaths.expanded("~root") == root)
        #expect(FilePaths.expanded("~root/data") == root + "/data")
        for path in [
            "", "a", "/a/~", "./~", "a~", "~nobody-of-this-name", "~nobody-of-this-name/a",
            "${HOME}",
        ] {
            #expect(FilePaths.expanded(path) == path)
        }
    }

    @Test("The cache is where XDG_CACHE_HOME says, else below the home folder")
    func cache() {
        #expect(
            CacheFolder.root(["XDG_CACHE_HOME": "/tmp/cache", "HOME": "/home/a"])
                == "/tmp/cache/densekit")
        #expect(CacheFolder.root(["XDG_CACHE_HOME": "/tmp/cache/"]) == "/tmp/cache/densekit")
        #expect(
            CacheFolder.root(["XDG_CACHE_HOME": "", "HOME": "/home/a"]) == "/home/a/.cache/densekit"
        )
        #expect(CacheFolder.root([:]) == NSHomeDirectory() + "/.cache/densekit")
        #expect(CacheFolder.standardPath("coco") == CacheFolder.root() + "/coco")
    }

    @Test(arguments: [
        ("numClasses", "num_classes"), ("useCLIP", "use_clip"), ("RPNHead", "rpn_head"),
        ("conv2d", "conv2d"), ("x", "x"),
        ("lrMult", "lr_mult"),
        ("inputURL", "input_url"), ("layer1Norm", "layer1_norm"), ("num_classes", "num_classes"),
        ("aB", "a_b"), ("", ""),
        ("_base_", "_base_"),
    ])
    func snakeCases(name: String, expected: String) {
        #expect(snakeCasedName(name) == expected)
    }
}
