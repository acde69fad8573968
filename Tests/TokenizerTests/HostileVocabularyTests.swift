import Foundation
import Fuzzing
import TemporaryFolders
import Testing

@testable import DenseKitTokenizer

/// Vocabularies made to exhaust their reader: each ends in an error, soon, and with little memory.
@Suite struct HostileVocabularyTests {
    @Test func endInAnError() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let path = folder.file("hostile.gz")
            let header = [UInt8]("#version\n".utf8)
            let many = 7 << 20
            let cases: [(bytes: [UInt8], message: String)] = [
                // 40 KB that unpack to 41 MB.
                ([UInt8](repeating: 0, count: 41_000_000), "unpacks to more than 8388608 bytes"),
                // One line of nothing but separators.
                (
                    header + [UInt8](repeating: 0x20, count: many),
                    "expected two symbols with one space between, found \"\(String(repeating: " ", count: 60))...\""
                ),
                (
                    header + [UInt8](repeating: 0x0A, count: many),
                    "expected two symbols with one space between, found \"\""
                ),
                // A header and a symbol without end.
                (
                    [UInt8](repeating: 0x61, count: many),
                    "expected the header \"bpe_simple_vocab_16e6.txt#version: 0.2\""
                ),
                (
                    header + [0x61, 0x20] + [UInt8](repeating: 0x62, count: many),
                    "\"\(String(repeating: "b", count: 60))...\" is neither a byte nor the result of a merge above"
                ),
            ]
            let before = try Fuzz.peakMemory()
            for (bytes, problem) in cases {
                try Data(gzipped(bytes)).write(to: URL(filePath: path))
                let start = Fuzz.processorTime()
                let error = #expect(throws: TokenizerError.self) { try BPEVocabulary(path: path) }
                let time = Fuzz.processorTime() - start
                #expect(time < .seconds(1), "\(problem)")
                switch error {
                case .unreadable(_, let found), .malformed(_, _, let found):
                    #expect(found == problem)
                default: Issue.record("\(String(describing: error))")
                }
            }
            let grown = try Fuzz.peakMemory() - before
            #expect(grown < 300 << 20, "\(grown)")
        }
    }
}
