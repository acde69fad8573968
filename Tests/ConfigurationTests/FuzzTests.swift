import Configuration
import Foundation
import Testing

/// Broken files end in an error, never in a trap.
@Suite struct FuzzTests {
    static let seeds = [
        "model:\n  backbone: { type: CLIPResNet, depth: 50 }\n  neck: {type: FPN, channels: 256}\ntrain: {batch: 32, lr: 1e-4}\n",
        "a: &a {x: 1, y: [1, 2, 3]}\nb:\n  <<: *a\n  z: 'q''uoted'\nc: \"esc\\n\\u00e9\\x41\"\n",
        "root: ${DATA:-${HOME}/x}/y\nn: $${no}\nlist:\n- a\n- - b\n  - c: d\n",
        "text: |\n  one\n  two\nfolded: >-\n  a\n  b\n? key\n: value\n--- \n",
        "!!map {a: !!str 12, b: !!seq [~, null, .nan, -.inf, 0x1F, 0o17]} # end\n",
        "num_classes: 3\nwindow: {size: 5, overlap: null}\nwindows: [{}, {size: 1}]\nschedule: {poly: {power: 0.5}}\nweights: {aB: 1}\n",
    ]

    @Test func mutatedFilesParseOrThrow() throws {
        var random = SplitMix(state: 2024)
        var parsed = 0
        for round in 0..<5_000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0...random.below(4) { random.mutate(&bytes) }
            do {
                let node = try Node.parse(String(decoding: bytes, as: UTF8.self), file: "a.yaml", environment: ["HOME": "/h"])
                parsed += 1
                let yaml = node.yaml()
                #expect(try parse(yaml) == node, "\(yaml)")
                _ = try node.decode(Settings.self)
            } catch is ConfigurationError {
                continue
            }
        }
        #expect(parsed > 500)  // else the mutations are too wild to try much
    }

    @Test func mutatedBytesOnDiskLoadOrThrow() throws {
        var random = SplitMix(state: 7)
        let folder = try Folder([:])
        for round in 0..<500 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0...random.below(4) { random.mutate(&bytes) }
            try write(bytes, folder.path)
            do { _ = try folder.load(overrides: ["model.neck.channels=3"]) } catch is ConfigurationError { continue }
        }
    }

    @Test func mutatedOverridesApplyOrThrow() throws {
        var random = SplitMix(state: 11)
        let folder = try Folder(["a.yaml": Self.seeds[0]])
        for _ in 0..<500 {
            var bytes = Array("model.neck={type: FPN, sizes: [1, 2]}".utf8)
            for _ in 0...random.below(4) { random.mutate(&bytes) }
            do { _ = try folder.load(overrides: [String(decoding: bytes, as: UTF8.self)]) } catch is ConfigurationError {
                continue
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same mutations on every machine.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(max(bound, 1)))
    }

    /// Changes, removes, repeats or moves a piece, or puts in what means something to YAML.
    mutating func mutate(_ bytes: inout [UInt8]) {
        let at = below(bytes.count)
        let piece = bytes[at..<min(bytes.count, at + 1 + below(12))]
        switch below(6) {
        case 0: if !bytes.isEmpty { bytes[at] = UInt8(below(256)) }
        case 1: bytes.removeSubrange(piece.indices)
        case 2: bytes.insert(contentsOf: piece, at: below(bytes.count + 1))
        case 3: bytes.insert(contentsOf: Array(repeating: Array(piece), count: below(40)).joined(), at: at)
        case 4: bytes.removeLast(below(bytes.count))
        default:
            let tokens = [
                "[", "]", "{", "}", ": ", "- ", "\n", "*a", "&a ", "<<: ", "!!str ", "'", "\"", "|\n", "${", "#", "%TAG", "\0",
                "\u{FEFF}", "? ",
            ]
            bytes.insert(contentsOf: tokens[below(tokens.count)].utf8, at: at)
        }
    }
}
