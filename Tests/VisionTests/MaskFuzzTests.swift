import DenseKitVision
import Foundation
import Fuzzing
import Testing

/// Damaged strings, counts and polygons: a mask of the image's size or a `MaskError`, in little
/// time and memory, never a crash.
@Suite struct MaskFuzzTests {
    private static let seeds = [
        "0131N4111KNO010O0", ":14090H", "0S1", "S1", "9181O1O1O1O04Mo0",
        "od01k12N2N1O2N2N1O2N2N2N1O2O1N2N1O2N2N2N1OJ6K6I6K5J6KhZ2",
    ].map { Array($0.utf8) }
    private static let sizes = [
        Size2D(height: 5, width: 7), Size2D(height: 9, width: 12), Size2D(height: 60, width: 80),
        Size2D(height: 1, width: 0),
        Size2D(height: 46340, width: 46340), Size2D(height: -3, width: 4),
        Size2D(height: .max, width: 2),
    ]

    @Test func strings() async {
        await #expect(processExitsWith: .success) {
            let fuzz = try Fuzz(tokens: [
                "o", "_", "oooooo", "O", "0", "ooooo?", "\\", "PPPP1", "~",
            ]) { round, mutator in
                let seed = MaskFuzzTests.seeds[round % MaskFuzzTests.seeds.count]
                let size = MaskFuzzTests.sizes[
                    round % 8 < 7 ? (round / 6) % 3 : (round / 8) % MaskFuzzTests.sizes.count]
                let mask: RunLengthMask
                do {
                    mask = try RunLengthMask(compressedBytes: mutator.mutate(seed), size: size)
                } catch is MaskError {
                    return false
                }
                try #require(mask.counts.reduce(0) { $0 + Int($1) } == size.height * size.width)
                guard size.height * size.width < 10_000 else { return true }
                let bitmap = mask.bitmap()
                try #require(
                    bitmap.count { $0 == 1 } == mask.area
                        && mask.iou(with: mask) == (mask.area == 0 ? 0 : 1))
                try #require(
                    try RunLengthMask(union: [mask, mask]).bitmap() == bitmap, "round \(round)")
                return true
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 2 && fuzz.accepted > Fuzz.rounds / 200, "\(fuzz)")
        }
    }

    /// Bits of doubles are damaged: coordinates become huge, tiny, infinite and no numbers.
    @Test func polygons() async {
        await #expect(processExitsWith: .success) {
            let polygons = [
                [10.0, 10, 40, 10, 40, 30, 10, 30], [10.5, 10.5, 40.25, 12.75, 33.3, 50.1],
                [-10, -5, 30, 20, 100, 70, 5, 57],
            ]
            let fuzz = try Fuzz { round, mutator in
                let seed = polygons[round % polygons.count].flatMap {
                    withUnsafeBytes(of: $0.bitPattern) { Array($0) }
                }
                let bytes = mutator.mutate(seed)
                let damaged = bytes.withUnsafeBytes { bytes in
                    (0..<bytes.count / 8).map {
                        bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
                    }
                }
                let size = Size2D(height: 60, width: 80)
                let mask: RunLengthMask
                do {
                    mask = try RunLengthMask(polygons: [damaged, polygons[0]], size: size)
                } catch is MaskError { return false }
                try #require(
                    mask.bitmap().count { $0 == 1 } == mask.area && mask.area >= 600,
                    "round \(round)")
                return true
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 20 && fuzz.accepted > Fuzz.rounds / 20, "\(fuzz)")
        }
    }
}
