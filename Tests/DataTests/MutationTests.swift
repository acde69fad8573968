import Data
import Foundation
import Testing
import Vision

/// Damaged files: every one is read or refused; none crashes, hangs, or makes a picture of another size than it says.
@Suite struct MutationTests {
    /// Whether a mutation of `bytes`, written to a file, is refused or read to the size that the header says.
    private func run(_ original: [UInt8], _ name: String, read: (String) throws -> Size, size: (String) throws -> Size) throws
        -> Int
    {
        let folder = try TemporaryFolder()
        var refused = 0
        for round in 0..<5000 {
            var random = SampleRandom(seed: 7, epoch: 0, index: round)
            var bytes = original
            for _ in 0..<random.integer(in: 1..<6) { mutate(&bytes, &random) }
            // With its checksums put right, damage reaches what lies behind them.
            if random.chance() { repairChecksums(&bytes) }
            let path = try folder.write(name, bytes)
            do {
                let found = try read(path)
                #expect(try size(path) == found, "round \(round)")
            } catch is DataError {
                refused += 1
            }
        }
        return refused
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SampleRandom) {
        guard !bytes.isEmpty else { return }
        let at = random.integer(in: 0..<bytes.count)
        switch random.integer(in: 0..<4) {
        case 0: bytes[at] ^= 1 << UInt8(random.integer(in: 0..<8))
        case 1: bytes[at] = UInt8(random.integer(in: 0..<256))
        case 2: bytes.removeSubrange(at..<min(at + random.integer(in: 1..<30), bytes.count))
        default:
            bytes.insert(
                contentsOf: [UInt8](repeating: UInt8(random.integer(in: 0..<256)), count: random.integer(in: 1..<9)), at: at)
        }
    }

    /// Puts the right CRC-32 behind every PNG chunk whose length makes sense.
    private func repairChecksums(_ bytes: inout [UInt8]) {
        var at = 8
        while at + 12 <= bytes.count, bytes[0] == 0x89 {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - at - 12 else { return }
            var sum = UInt32.max
            for byte in bytes[at + 4..<at + 8 + length] {
                sum ^= UInt32(byte)
                for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
            }
            for i in 0..<4 { bytes[at + 8 + length + i] = UInt8(truncatingIfNeeded: ~sum >> (24 - 8 * UInt32(i))) }
            at += 12 + length
        }
    }

    private let policy = ImagePolicy(truncated: .accept, maximumPixels: 1 << 14)

    @Test func jpeg() throws {
        let folder = try TemporaryFolder()
        try ImageFile.writeJPEG(picture(12, 17), to: folder.file("a.jpg"), quality: 70)
        // An EXIF segment in front, so that its parser is reached too.
        let exif: [UInt8] =
            [0xFF, 0xE1, 0, 34] + Array("Exif\0\0II*\0".utf8) + [
                8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
            ]
        let bytes = [UInt8](try Foundation.Data(contentsOf: URL(filePath: folder.file("a.jpg"))))
        let original = bytes.prefix(2) + exif + bytes.dropFirst(2)
        try folder.write("b.jpg", Array(original))
        #expect(try ImageFile.size(folder.file("b.jpg")) == Size(height: 17, width: 12))
        let refused = try run(
            Array(original), "m.jpg", read: { try ImageFile.read($0, policy: policy).size },
            size: { try ImageFile.size($0, policy: policy) })
        #expect((500..<4500).contains(refused))
    }

    @Test func png() throws {
        let folder = try TemporaryFolder()
        let classes = ClassList(names: ["a", "b", "c"])
        let labels = LabelMap(height: 12, width: 17, labels: (0..<12 * 17).map { UInt16($0 % 3) })
        try LabelFile.write(labels, classes: classes, to: folder.file("a.png"))
        var original = [UInt8](try Foundation.Data(contentsOf: URL(filePath: folder.file("a.png"))))
        let refusedLabels = try run(
            original, "m.png", read: { try LabelFile.read($0, maximumPixels: 1 << 14).size },
            size: { try LabelFile.size($0, maximumPixels: 1 << 14) })
        #expect((500..<4800).contains(refusedLabels))
        try ImageFile.writePNG(picture(12, 17), to: folder.file("a.png"))
        original = [UInt8](try Foundation.Data(contentsOf: URL(filePath: folder.file("a.png"))))
        let refused = try run(
            original, "m.png", read: { try ImageFile.read($0, policy: policy).size },
            size: { try ImageFile.size($0, policy: policy) })
        #expect((500..<4820).contains(refused))
    }
}
