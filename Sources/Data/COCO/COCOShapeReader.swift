import CDenseKitSimdjson
import DenseKitVision

/// Reads the 32-bit words that hold what an annotation covers.
struct COCOShapeReader {
    private let words: UnsafeBufferPointer<Int32>
    private var place = 0

    /// - Parameter words: those of all annotations
    init(_ record: dk_coco_annotation, in words: UnsafeBufferPointer<Int32>) {
        self.words = UnsafeBufferPointer(
            rebasing: words[Int(record.shape_start)..<Int(record.shape_start + record.shape_words)])
    }

    private mutating func next() -> Int32 {
        defer { place += 1 }
        return words[place]
    }

    mutating func polygons(_ coordinates: (inout COCOShapeReader, Int) -> [Double]) -> [[Double]] {
        (0..<Int(next())).map { _ in
            let count = Int(next())
            return coordinates(&self, count)
        }
    }

    mutating func hundredths(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double(next()) / 100 }
    }

    mutating func doubles(_ count: Int) -> [Double] {
        (0..<count).map { _ in
            let low = UInt64(UInt32(bitPattern: next()))
            return Double(bitPattern: low | UInt64(UInt32(bitPattern: next())) << 32)
        }
    }

    /// How many coordinates each polygon has.
    mutating func polygonLengths(_ kind: UInt8) -> [Int] {
        let wordsEach = COCOIndex.ShapeKind(rawValue: kind) == .doubles ? 2 : 1
        return (0..<Int(next())).map { _ in
            let count = Int(next())
            place += wordsEach * count
            return count
        }
    }

    /// The size of run lengths.
    mutating func size() -> Size2D {
        let height = Int(UInt32(bitPattern: next()))
        return Size2D(height: height, width: Int(UInt32(bitPattern: next())))
    }

    mutating func counts() throws(MaskError) -> RunLengthMask {
        let size = size()
        let count = Int(next())
        return try RunLengthMask(
            counts: words[place..<place + count].map { UInt32(bitPattern: $0) }, size: size)
    }

    mutating func compressed() throws(MaskError) -> RunLengthMask {
        let size = size()
        let count = Int(next())
        let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: words[place...])).prefix(
            count)
        return try RunLengthMask(compressedBytes: bytes, size: size)
    }
}
