import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitData

@Suite struct COCOIndexTests {
    @Test func everythingIsThere() throws {
        let folder = try TemporaryFolder()
        let index = try COCOIndex(folder.write("a.json", Array(cocoText().utf8)), cache: noCache)
        #expect(index.categories == [.init(id: 18, name: "dog"), .init(id: 1, name: "person")])
        #expect(index.imageCount == 3)
        #expect(
            index.image(at: 0) == .init(id: 7, name: "a.jpg", size: Size2D(height: 40, width: 60))
        )
        #expect(
            index.image(at: 1)
                == .init(
                    id: -9_007_199_254_740_993, name: "sub/ä.jpg",
                    size: Size2D(height: 60, width: 40)))
        #expect(index.image(at: 2).id == .max)
        let first = index.annotations(ofImage: 0)
        #expect(first.map(\.id) == [1, 3, 9_007_199_254_740_995, 5])
        #expect(first.map(\.category) == [0, 1, 1, 0])
        #expect(first.map(\.isCrowd) == [false, true, false, false])
        #expect(first[0].box == COCOBox(x: 1.5, y: 2, width: 48.5, height: 36))
        #expect(first[0].area == 350.5)
        let shapes = try first.map(index.shape)
        #expect(shapes.map { $0 != nil } == [true, true, true, false])
        #expect(
            shapes[0]
                == .polygons([[1.5, 2, 30.25, 2, 30, 20.01], [40, 30, 50, 30, 50, 38, 40, 38]]))
        #expect(
            shapes[1]
                == .runLengths(
                    try RunLengthMask(counts: [0, 40, 2360], size: Size2D(height: 40, width: 60))))
        #expect(
            shapes[2]
                == .runLengths(
                    try RunLengthMask(
                        counts: [250, 10, 30, 10, 2100], size: Size2D(height: 40, width: 60))))
        #expect(shapes[3] == nil)
        let second = index.annotations(ofImage: 1)
        #expect(try second.map(index.shape) == [.polygons([[0.123456789, 1, 10, 10, 3, 9]])])
        #expect(index.annotations(ofImage: 2).isEmpty)
        #expect(
            index.warnings.map(\.problem) == [
                "is parsed at every start, as the cache \(noCache) cannot be written"
            ])
    }

    @Test func everyDecimalOfTwoPlacesComesBackExactly() throws {
        let folder = try TemporaryFolder()
        let coordinates = (0..<3000).map { "\($0 * 7919 % 640).\($0 % 10)\($0 / 10 % 10)" }
        let annotation = """
            {"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 9, "segmentation": [[\(coordinates.joined(separator: ","))]]}
            """
        let index = try COCOIndex(
            folder.write("a.json", Array(cocoText(annotations: annotation).utf8)), cache: noCache)
        let shape = try index.shape(of: index.annotations(ofImage: 0)[0])
        #expect(shape == .polygons([coordinates.compactMap { Double($0) }]))
    }

    @Test func listsAreReadInPieces() throws {
        let folder = try TemporaryFolder()
        let images = (0..<4000).map {
            #"{"id": \#($0), "file_name": "\#($0).jpg", "height": 40, "width": 60}"#
        }
        let outline = (0..<100).map { "\($0 % 60).25" }.joined(separator: ", ")
        let annotations = (0..<8000).map {
            #"{"id": \#($0), "image_id": \#($0 * 7 % 4000), "category_id": 18, "bbox": [1, 2, 3, 4], "area": 5, "segmentation": [[\#(outline)]]}"#
        }
        let text = cocoText(
            images: images.joined(separator: ",\n"),
            annotations: annotations.joined(separator: " , "), categories: cocoCategories
        )
        #expect(text.utf8.count > 5 << 20)
        let index = try COCOIndex(folder.write("a.json", Array(text.utf8)), cache: noCache)
        #expect(index.imageCount == 4000)
        #expect((0..<4000).allSatisfy { index.image(at: $0).name == "\($0).jpg" })
        for place in [0, 7, 3999] {
            #expect(
                index.annotations(ofImage: place).map(\.id).sorted()
                    == (0..<8000).filter { $0 * 7 % 4000 == place }.map(Int64.init))
        }
        #expect(try index.shape(of: index.annotations(ofImage: 3999)[1]) != nil)
    }

    @Test func oddThingsAreRemarkedOn() throws {
        let folder = try TemporaryFolder()
        func annotation(
            _ id: Int, image: Int = 7, category: Int = 18, box: String = "[1, 1, 9, 9]",
            area: Int = 9, _ more: String = ""
        ) -> String {
            #"{"id": \#(id), "image_id": \#(image), "category_id": \#(category), "bbox": \#(box), "area": \#(area)\#(more)}"#
        }
        let annotations = [
            annotation(1), annotation(2, image: 8), annotation(3, image: 9),
            annotation(4, category: 2),
            annotation(5, box: "[1, 1, -9, 9]"), annotation(6, box: "[60, 1, 9, 9]"),
            annotation(7, area: 0),
            annotation(8, #", "ignore": 1"#), annotation(9, #", "segmentation": [[1, 2, 3, 4]]"#),
            annotation(10, #", "segmentation": []"#),
            annotation(11, #", "segmentation": [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]]"#),
            annotation(12, #", "segmentation": {"size": [60, 40], "counts": [2400]}"#),
            annotation(0),
        ]
        let path = try folder.write(
            "a.json", Array(cocoText(annotations: annotations.joined(separator: ",")).utf8))
        let index = try COCOIndex(path, cache: folder.file("cache"))
        #expect(index.annotations(ofImage: 0).map(\.id) == [1, 5, 6, 7, 8, 9, 10, 11, 12, 0])
        let expected = [
            "has 2 annotations of images that the file does not list, the first of them annotation 2 of image 8; they are not used",
            "has 1 annotation of categories that the file does not list, the first of them annotation 4 of category 2; they are not used",
            "has 4 annotations to ignore, or with a box outside its image, a side under one pixel or no area, the first of them annotation 5; "
                + "training skips them",
            "has 1 annotation with polygons of fewer than three corners, the first of them annotation 9; masks leave these polygons out",
            "has 1 annotation with polygons of an odd number of coordinates, the first of them annotation 11; masks leave these polygons out",
            "has 1 annotation with run lengths of another size than the image, the first of them annotation 12; they count as annotations "
                + "without a mask",
            "has an annotation with the number 0, which pycocotools takes for \"no match\"; what a detector finds there counts as a false "
                + "alarm, so that AP is too low: number annotations from 1",
        ]
        #expect(index.warnings.map(\.description) == expected.map { "\(path): \($0)" })
        #expect(try COCOIndex(path, cache: folder.file("cache")).warnings == index.warnings)
    }

    // MARK: - The cache

    @Test func theNextStartParsesNothing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.json", Array(cocoText().utf8))
        let cache = folder.file("cache")
        let first = try COCOIndex(path, cache: cache).summary
        let files = try FileManager.default.contentsOfDirectory(atPath: cache)
        #expect(
            files.count == 1 && files.allSatisfy { $0.hasPrefix("a-") && $0.hasSuffix(".index") })
        // The same file by path, size and time, which could not be parsed any more.
        let bytes = [UInt8](repeating: 32, count: cocoText().utf8.count)
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.write(contentsOf: bytes)
        try handle.close()
        try restoreTime(of: path)
        #expect(try COCOIndex(path, cache: cache).summary == first)
        // Another size or another time is another file.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
        #expect(throws: DataError.self) { try COCOIndex(path, cache: cache) }
    }

    /// Sets the time to the one in the index, to the nanosecond.
    private func restoreTime(of path: String) throws {
        let head = try Foundation.Data(contentsOf: URL(filePath: indexFile(beside: path)))
        let (seconds, nanoseconds) = head.withUnsafeBytes {
            (
                $0.loadUnaligned(fromByteOffset: 32, as: Int.self),
                $0.loadUnaligned(fromByteOffset: 40, as: Int.self)
            )
        }
        let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: nanoseconds), count: 2)
        #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
    }

    private func indexFile(beside path: String) throws -> String {
        let cache = URL(filePath: path).deletingLastPathComponent().appending(path: "cache").path
        return
            "\(cache)/\(try #require(try FileManager.default.contentsOfDirectory(atPath: cache).first))"
    }

    @Test func whatIsNotTheFilesIndexIsMadeAgain() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.json", Array(cocoText().utf8))
        let cache = folder.file("cache")
        let summary = try COCOIndex(path, cache: cache).summary
        let index = try indexFile(beside: path)
        let whole = try Foundation.Data(contentsOf: URL(filePath: index))
        let other = try TemporaryFolder()
        let otherPath = try other.write("a.json", Array(cocoText(annotations: "").utf8))
        _ = try COCOIndex(otherPath, cache: other.file("cache"))
        let foreign = try Foundation.Data(contentsOf: URL(filePath: indexFile(beside: otherPath)))
        var version = whole
        version[8] ^= 2
        let wrong = [
            whole.dropLast(whole.count / 2), Foundation.Data(), Foundation.Data("x".utf8), foreign,
            version, whole + [0],
        ]
        for bytes in wrong {
            try Foundation.Data(bytes).write(to: URL(filePath: index))
            #expect(try COCOIndex(path, cache: cache).summary == summary)
            #expect(try Foundation.Data(contentsOf: URL(filePath: index)) == whole)
        }
    }

    /// No byte of it can change unseen.
    @Test func everyByteIsChecked() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.json", Array(cocoText().utf8))
        _ = try COCOIndex(path, cache: folder.file("cache"))
        let source = try IndexFile.Source(path)
        let bytes = [UInt8](try Foundation.Data(contentsOf: URL(filePath: indexFile(beside: path))))
        func isAccepted(_ bytes: [UInt8]) -> Bool {
            let memory = MappedMemory(count: bytes.count) { sink in
                bytes.withUnsafeBytes { sink($0) }
            }
            return memory.flatMap { IndexFile($0, of: source) } != nil
        }
        #expect(isAccepted(bytes))
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            #expect(!isAccepted(changed), "byte \(place)")
        }
        for length in stride(from: 1, to: bytes.count, by: 7) {
            #expect(!isAccepted(Array(bytes.prefix(length))))
        }
    }

    @Test func threadsShareOneIndex() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.json", Array(cocoText().utf8))
        let cache = folder.file("cache")
        let summaries = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try COCOIndex(path, cache: cache).summary } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(summaries.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache).count == 1)
    }
}
