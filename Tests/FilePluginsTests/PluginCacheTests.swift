import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitFilePlugins

@Test(
    "Compiled plugins that were not used for a month are deleted when another one is compiled, others stay"
)
func pluginCache() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    let cache = try PluginCache(folder: folder)
    #expect(!cache.use("Plugin_a_1"))
    let old = Date(timeIntervalSinceNow: -2 * PluginCache.lifetime)
    for name in ["Plugin_a_1.so", "Plugin_b_2.so", ".Plugin_c_3.so.1a.tmp", "notes.txt"] {
        #expect(
            FileManager.default.createFile(
                atPath: "\(folder)/\(name)", contents: nil, attributes: [.modificationDate: old]))
        try FileManager.default.setAttributes(
            [.modificationDate: old], ofItemAtPath: "\(folder)/\(name)")
    }
    #expect(cache.use("Plugin_b_2"))
    cache.prune()
    #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
            "Plugin_b_2.so", "notes.txt",
        ])
}
