import DenseKitVision
import Foundation
import Fuzzing
import TemporaryFolders
import Testing

@testable import DenseKitData

/// Damaged pictures and masks: one of the size that the header says or a `DataError`, in less than
/// a second and with little memory, never a crash.
@Suite struct FuzzTests {
    @Test func jpeg() async {
        await #expect(processExitsWith: .success) {
            let seeds = try goldenFiles("jpeg_")
            let policy = ImagePolicy(truncated: .accept, maximumPixels: 1 << 20)
            try fuzz(
                seeds, tokens: [], read: { try ImageFile.read($0, policy: policy).size },
                size: { try ImageFile.size($0, policy: policy) })
        }
    }

    @Test func png() async {
        await #expect(processExitsWith: .success) {
            let seeds =
                try goldenFiles("png_") + [
                    PNGBytes.interlaced(width: 13, height: 9, depth: 16, color: 6),
                    PNGBytes.interlaced(width: 13, height: 9, depth: 8, color: 2),
                    PNGBytes.interlaced(width: 5, height: 3, depth: 2, color: 3),
                ]
            let policy = ImagePolicy(maximumPixels: 1 << 20)
            try fuzz(
                seeds, tokens: chunks, read: { try ImageFile.read($0, policy: policy).size },
                size: { try ImageFile.size($0, policy: policy) })
        }
    }

    @Test func bitmaps() async {
        await #expect(processExitsWith: .success) {
            let seeds = [bitmap(picture(13, 9)), bitmap(picture(5, 6), isTopDown: true)]
            let policy = ImagePolicy(maximumPixels: 1 << 20)
            try fuzz(
                seeds, tokens: [], read: { try ImageFile.read($0, policy: policy).size },
                size: { try ImageFile.size($0, policy: policy) })
        }
    }

    @Test func masksInTIFF() async {
        await #expect(processExitsWith: .success) {
            let labels = LabelMap(height: 9, width: 13, labels: (0..<117).map { UInt16($0 * 57) })
            let seeds = [
                TIFFBytes()(labels), TIFFBytes(isBigEndian: true, rowsPerStrip: 9)(labels),
                TIFFBytes(bits: 8)(labels),
            ]
            try fuzz(
                seeds, tokens: [], read: { try LabelFile.read($0, maximumPixels: 1 << 20).size },
                size: { try LabelFile.size($0, maximumPixels: 1 << 20) })
        }
    }

    @Test func annotations() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let seeds = [
                cocoText(), cocoText(annotations: ""),
                "{\"x\": [{}, [1]], " + cocoText().dropFirst(),
            ].map {
                Array($0.utf8)
            }
            let tokens = [
                "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "-1", "1e999", "NaN",
                "18446744073709551615",
                "\"id\":7,",
                "\"segmentation\": [[]],", "\"counts\": \"o\",", "\"size\": [0, 4294967295],",
                "\"images\": []", "\u{FF}",
            ]
            let fuzz = try Fuzz(tokens: tokens) { round, mutator in
                let path = try folder.write("a.json", mutator.mutate(seeds[round % seeds.count]))
                do {
                    let index = try COCOIndex(path, cache: noCache)
                    for place in 0..<index.imageCount {
                        let size = index.image(at: place).size
                        for annotation in index.annotations(ofImage: place) {
                            _ = (
                                annotation.isLearnable(in: size),
                                index.mayHaveMask(annotation, in: size)
                            )
                            guard size.height * size.width < 1 << 16 else { continue }
                            let shape = try? index.shape(of: annotation)
                            _ = try? (
                                shape?.mask(in: size),
                                shape?.learnableMask(
                                    in: size, box: BoundingBox(x1: 1, y1: 2, x2: 9, y2: 9))
                            )
                        }
                    }
                    return true
                } catch let error as DataError {
                    #expect(error.path == path)
                    return false
                }
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 20 && fuzz.accepted > Fuzz.rounds / 50, "\(fuzz)")
        }
    }

    @Test func masks() async {
        await #expect(processExitsWith: .success) {
            let seeds =
                try goldenFiles("grey_") + goldenFiles("palette_") + [
                    PNGBytes.interlaced(width: 13, height: 9, depth: 16, color: 0),
                    PNGBytes.interlaced(width: 13, height: 9, depth: 8, color: 3),
                    PNGBytes.interlaced(width: 5, height: 3, depth: 1, color: 3),
                ]
            try fuzz(
                seeds, tokens: chunks,
                read: {
                    let colors = try? LabelFile.palette($0)?.count
                    #expect((0...256).contains(colors ?? 0))
                    return try LabelFile.read($0, maximumPixels: 1 << 20).size
                },
                size: { try LabelFile.size($0, maximumPixels: 1 << 20) })
        }
    }
}

private let chunks = [
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "iCCP", "zTXt", "tEXt", "\u{0}\u{0}\u{0}\u{0}IDAT",
    "\u{0}\u{0}\u{0}\u{4}gAMA",
]

/// The files of the golden pictures and masks whose name begins with `prefix`.
private func goldenFiles(_ prefix: String) throws -> [[UInt8]] {
    struct File: Decodable {
        let name: String
        let file: Foundation.Data
    }
    let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens")
    let data = try Foundation.Data(contentsOf: goldens.appending(path: "opencv.json"))
    struct Golden: Decodable {
        let pictures: [File]
        let masks: [File]
    }
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    return (golden.pictures + golden.masks).filter { $0.name.hasPrefix(prefix) }.map {
        [UInt8]($0.file)
    }
}

private func fuzz(
    _ seeds: [[UInt8]], tokens: [String], read: (String) throws -> Size2D,
    size: (String) throws -> Size2D
) throws {
    let folder = try TemporaryFolder()
    for seed in seeds { _ = try read(folder.write("a", seed)) }
    let fuzz = try Fuzz(tokens: tokens) { round, mutator in
        let seed = seeds[round % seeds.count]
        // In a chunk that is sound from without, damage reaches what lies behind the checksums.
        let chunk =
            round / seeds.count % 2 == 0
            ? PNGBytes.changing(mutator.below(6), of: seed) { mutator.mutate($0) } : nil
        let bytes = chunk ?? mutator.mutate(seed)
        let path = try folder.write("a", bytes)
        let found: Size2D
        do { found = try read(path) } catch let error as DataError {
            #expect(error.path == path)
            return false
        }
        #expect(try size(path) == found, "round \(round)")
        return true
    }
    #expect(fuzz.isBounded, "\(fuzz)")
    #expect(fuzz.refused > Fuzz.rounds / 20 && fuzz.accepted > Fuzz.rounds / 50, "\(fuzz)")
}
