import Foundation
import Fuzzing
import TemporaryFolders
import Testing

@testable import DenseKitTokenizer

/// Damaged vocabularies: a vocabulary or a typed error in less than a second and little memory,
/// never a crash.
@Suite struct FuzzTests {
    @Test("Texts, packed texts, and damaged texts soundly packed")
    func vocabularies() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let path = folder.file("vocabulary.gz")
            let text = [UInt8](smallVocabulary.utf8)
            let packed = gzipped(text)
            let fuzz = try Fuzz(tokens: [
                "\n", " ", "</w>", "#version", "a b\n", "Ġ", "\r\n", "\u{FEFF}", "ab",
            ]) {
                round, mutator in
                let bytes = round % 3 == 0 ? mutator.mutate(packed) : mutator.mutate(text)
                do {
                    var unpacked = bytes
                    if round % 3 < 2 {
                        try Data(round % 3 == 0 ? bytes : gzipped(bytes)).write(
                            to: URL(filePath: path))
                        unpacked = try gunzipped(path: path, limit: 10_000)
                    }
                    let vocabulary = try BPEVocabulary(text: unpacked, path: path, mergeCount: 60)
                    #expect(Set(vocabulary.byteIds).count == 256)
                    return true
                } catch is TokenizerError {
                    return false
                }
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 2 && fuzz.accepted > Fuzz.rounds / 200, "\(fuzz)")
        }
    }
}
