import DenseKitConfiguration
import Foundation
import Fuzzing
import Testing

/// Damaged configurations: a tree or a `ConfigurationError` in less than a second and little
/// memory, never a crash.
@Suite struct FuzzTests {
    static let seeds = [
        "model:\n  backbone: { type: CLIPResNet, depth: 50 }\n  neck: {type: FPN, channels: 256}\ntrain: {batch: 32, lr: 1e-4}\n",
        "a: &a {x: 1, y: [1, 2, 3]}\nb:\n  <<: *a\n  z: 'q''uoted'\nc: \"esc\\n\\u00e9\\x41\"\n",
        "root: ${DATA:-${HOME}/x}/y\nn: $${no}\nlist:\n- a\n- - b\n  - c: d\n",
        "text: |\n  one\n  two\nfolded: >-\n  a\n  b\n? key\n: value\n--- \n",
        "!!map {a: !!str 12, b: !!seq [~, null, .nan, -.inf, 0x1F, 0o17]} # end\n",
        "num_classes: 3\nwindow: {size: 5, overlap: null}\nwindows: [{}, {size: 1}]\nschedule: {poly: {power: 0.5}}\nweights: {aB: 1}\n",
    ].map { Array($0.utf8) }
    static let tokens = [
        "[", "]", "{", "}", ": ", "- ", "\n", "*a", "&a ", "<<: ", "!!str ", "'", "\"", "|\n", "${",
        "#", "%TAG", "\0",
        "\u{FEFF}", "? ", "_base_: a.yaml\n",
    ]

    @Test func texts() async {
        await #expect(processExitsWith: .success) {
            let fuzz = try Fuzz(tokens: FuzzTests.tokens) { round, mutator in
                let bytes = mutator.mutate(FuzzTests.seeds[round % FuzzTests.seeds.count])
                return try isRead {
                    let text = String(decoding: bytes, as: UTF8.self)
                    let node = try YAMLNode.parse(text, file: "a.yaml", environment: ["HOME": "/h"])
                    let yaml = node.yaml()
                    let again = try parse(yaml)
                    #expect(again == node, "round \(round): \(yaml)")
                    do { _ = try node.decode(Settings.self) } catch is ConfigurationError {}
                }
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 5 && fuzz.accepted > Fuzz.rounds / 10, "\(fuzz)")
        }
    }

    @Test func filesAndOverrides() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder([:])
            let override = Array("model.neck={type: FPN, sizes: [1, 2]}".utf8)
            let fuzz = try Fuzz(tokens: FuzzTests.tokens) { round, mutator in
                let seed = FuzzTests.seeds[round % FuzzTests.seeds.count]
                try write(round % 3 == 0 ? seed : mutator.mutate(seed), folder.path)
                let assignment = round % 3 == 1 ? override : mutator.mutate(override)
                return try isRead {
                    _ = try folder.load(overrides: [String(decoding: assignment, as: UTF8.self)])
                }
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 5 && fuzz.accepted > Fuzz.rounds / 20, "\(fuzz)")
        }
    }
}

/// Whether `body` ends without a `ConfigurationError`.
private func isRead(_ body: () throws -> Void) throws -> Bool {
    do {
        try body()
        return true
    } catch is ConfigurationError {
        return false
    }
}
