import DenseKitData
import DenseKitVision
import Foundation
import Fuzzing
import TemporaryFolders
import Testing

/// Pictures made to exhaust their reader: each ends in an error or a picture, soon, and with little
/// memory.
@Suite struct HostileImageTests {
    @Test func png() async {
        await #expect(processExitsWith: .success) {
            let largest = (1 << 31) - 1
            var text = PNGBytes(width: 4, height: 4, depth: 8, color: 0)
            text.add("tEXt", Array("a\0b".utf8), length: largest)
            var cut = PNGBytes(width: 4, height: 4, depth: 8, color: 0)
            cut.add("IDAT", Array("a".utf8), length: largest)
            // Small enough to be read, were there anything in it.
            var thin = PNGBytes(width: 1_000_000, height: 256, depth: 8, color: 0)
            thin.add("IDAT", PNGBytes.deflated([0]))
            var palette = PNGBytes(width: 4, height: 4, depth: 8, color: 3)
            palette.add("PLTE", [UInt8](repeating: 1, count: 3 * 257))
            var bare = PNGBytes(width: 4, height: 4, depth: 8, color: 3)
            bare.add("IDAT", PNGBytes.deflated([UInt8](repeating: 0, count: 20)))
            let beyond = PNGBytes(width: 1 << 31, height: 1 << 31, depth: 8, color: 2).bytes
            let header = "the PNG header cannot be read"
            try refuses([
                (beyond, "\(header) (PNG unsigned integer out of range)"),
                (
                    PNGBytes(width: largest, height: largest, depth: 16, color: 6).bytes,
                    "\(header) (Invalid IHDR data)"
                ),
                (
                    PNGBytes(width: 0, height: 4, depth: 8, color: 2).bytes,
                    "\(header) (Invalid IHDR data)"
                ),
                (
                    PNGBytes(width: 4, height: 4, depth: 3, color: 2).bytes,
                    "\(header) (Invalid IHDR data)"
                ),
                (text.bytes, "\(header) (the file ends too early)"),
                (cut.bytes, "the PNG data is truncated or corrupt (the file ends too early)"),
                (thin.bytes, "the header says 256×1000000 pixels, more than 54 bytes can hold"),
                (palette.bytes, "\(header) (PLTE: invalid)"),
                (bare.bytes, "\(header) (IDAT: Missing PLTE before IDAT)"),
            ])
        }
    }

    @Test("Compressed texts and profiles that unpack to gigabytes are not unpacked")
    func chunksThatUnpack() async {
        await #expect(processExitsWith: .success) {
            let zeros = PNGBytes.deflated([UInt8](repeating: 0, count: 8_000_000))
            var file = PNGBytes(width: 2, height: 2, depth: 8, color: 0)
            file.add("iCCP", Array("a\0\0".utf8) + zeros)
            for _ in 0..<200 { file.add("zTXt", Array("a\0\0".utf8) + zeros) }
            file.add("IDAT", PNGBytes.deflated([0, 1, 2, 0, 3, 4]))
            let folder = try TemporaryFolder()
            let path = try folder.write("a.png", file.bytes)
            try bounded("texts") {
                let labels = try LabelFile.read(path).labels
                #expect(labels == [1, 2, 3, 4])
                // They are longer than the head that a look at the size begins with.
                let sizes = try [
                    ImageFile.read(path).size, LabelFile.size(path), ImageFile.size(path),
                ]
                #expect(sizes == [Size2D](repeating: Size2D(height: 2, width: 2), count: 3))
            }
        }
    }

    @Test func jpeg() async {
        await #expect(processExitsWith: .success) {
            let empty = "the JPEG data is truncated or corrupt"
            try refuses([
                (
                    jpegHeader(height: 65_535, width: 65_535),
                    "the JPEG header cannot be read (Maximum supported image dimension is"
                ),
                (
                    jpegHeader(height: 65_500, width: 65_500),
                    "the header says 65500×65500 pixels; at most"
                ),
                (
                    jpegHeader(height: 16_384, width: 16_384),
                    "the header says 16384×16384 pixels, more than"
                ),
                (jpegHeader(height: 16, width: 16), empty),
                (jpegHeader(height: 16, width: 16) + restartMarkers(2_000_000), empty),
                (
                    jpegHeader(height: 2_000, width: 2_000, interval: 1)
                        + restartMarkers(2_000_000), empty
                ),
                ([0xFF, 0xD8] + [UInt8](repeating: 0xFF, count: 4_000_000), "the JPEG"),
                (
                    [0xFF, 0xD8]
                        + [[UInt8]](repeating: [0xFF, 0xE1, 0, 2], count: 1_000_000).flatMap { $0 },
                    "the JPEG"
                ),
                (progressive(side: 2_000, scans: 10_000), "the JPEG file has more than 64 scans"),
                (
                    progressive(side: 16_384, scans: 400) + restartMarkers(100_000),
                    "the JPEG file has more than 64 scans"
                ),
            ])
        }
    }
}

/// Each file is refused, with the message after its name beginning as it is given here, and without
/// much time and memory.
private func refuses(_ cases: [(bytes: [UInt8], message: String)]) throws {
    let folder = try TemporaryFolder()
    for (bytes, expected) in cases {
        let path = try folder.write("a", bytes)
        try bounded(expected) {
            let found = message(in: folder) { _ = try ImageFile.read(path) }
            #expect(found.hasPrefix("a: \(expected)"), "\(found)")
            // With the policy that accepts most, too.
            do {
                _ = try ImageFile.read(path, policy: ImagePolicy(truncated: .accept))
            } catch is DataError {}
        }
    }
}

/// Less than a second of work for each of two looks, and less than 300 MiB.
private func bounded(_ name: String, _ body: () throws -> Void) throws {
    let memory = try Fuzz.peakMemory()
    let start = Fuzz.processorTime()
    try body()
    let grown = try Fuzz.peakMemory() - memory
    let time = Fuzz.processorTime() - start
    #expect(time < .seconds(2), "\(name)")
    #expect(grown < 300 << 20, "\(name) took \(grown) bytes")
}

/// A grey baseline file up to where its coded data begins; `interval`: blocks between two restart
/// markers.
private func jpegHeader(height: Int, width: Int, interval: Int = 0) -> [UInt8] {
    [0xFF, 0xD8] + tables + [0xFF, 0xDD, 0, 4] + pair(interval) + frame(0xC0, height, width) + [
        0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0,
    ]
}

/// A grey progressive file of very many scans without data.
private func progressive(side: Int, scans: Int) -> [UInt8] {
    var bytes = [0xFF, 0xD8] + tables + frame(0xC2, side, side)
    for _ in 0..<scans { bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0] + [0] }
    return bytes
}

/// One quantization table of ones, and for DC and AC one code each, of one bit.
private let tables: [UInt8] =
    [0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    + [0x00, 0x10].flatMap { [0xFF, 0xC4, 0, 20, $0, 1] + [UInt8](repeating: 0, count: 15) + [0] }

private func frame(_ marker: UInt8, _ height: Int, _ width: Int) -> [UInt8] {
    [0xFF, marker, 0, 11, 8] + pair(height) + pair(width) + [1, 1, 0x11, 0]
}

private func pair(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

private func restartMarkers(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { [0xFF, 0xD0 + UInt8($0 % 8)] }
}
