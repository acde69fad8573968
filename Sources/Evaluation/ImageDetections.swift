import DenseKitData
import DenseKitDistributed
import DenseKitTorch
import DenseKitVision

/// The detections in one image, with its name and size.
struct ImageDetections: Sendable, Equatable {
    let name: String
    let size: Size2D
    let instances: [DetectedInstance]
}

extension EvaluationShard {
    /// The detections in all images of the data set, in its order, on every process.
    ///
    /// - Parameter own: those in the images of this process, in their order
    func gathered(_ own: [ImageDetections]) throws -> [ImageDetections] {
        guard processes.count > 1 else { return own }
        var writer = DetectionWriter()
        for image in own { writer.add(image) }
        return try inOrder(
            processes.gather(writer.bytes).map { bytes in
                var reader = DetectionReader(bytes: bytes)
                return try reader.images()
            })
    }
}

/// Writes detections as bytes that keep every bit of their numbers.
///
/// Numbers are little-endian: integers of 64 bits, floating-point numbers and the runs of masks of
/// 32. An image is its name (length and UTF-8), height, width and number of instances. An instance
/// is its four corners, label, flags and score; where it has a mask, the mask's height, width,
/// number of runs, and runs.
struct DetectionWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ image: ImageDetections) {
        let name = Array(image.name.utf8)
        add(name.count)
        bytes += name
        add(image.size)
        add(image.instances.count)
        for instance in image.instances { add(instance) }
    }

    private mutating func add(_ instance: DetectedInstance) {
        let box = instance.box
        for corner in [box.x1, box.y1, box.x2, box.y2] { add(corner.bitPattern) }
        add(instance.label)
        let flags = DetectionFlags(instance)
        bytes.append(flags.rawValue)
        if let score = instance.score { add(score.bitPattern) }
        guard let mask = instance.mask else { return }
        add(mask.size)
        add(mask.counts.count)
        for run in mask.counts { add(run) }
    }

    private mutating func add(_ size: Size2D) {
        add(size.height)
        add(size.width)
    }

    private mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }

    private mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}

/// Reads what `DetectionWriter` writes.
struct DetectionReader {
    private let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The images up to the end of the bytes.
    /// - Throws: `ProcessGroupError` for bytes that end too early or are no detections.
    mutating func images() throws -> [ImageDetections] {
        var images: [ImageDetections] = []
        while place < bytes.count { images.append(try image()) }
        return images
    }

    private mutating func image() throws -> ImageDetections {
        let length = try count(ofSize: 1)
        let name = String(decoding: bytes[place..<place + length], as: UTF8.self)
        place += length
        let size = try size()
        let instances = try (0..<count(ofSize: 1)).map { _ in try instance() }
        return ImageDetections(name: name, size: size, instances: instances)
    }

    private mutating func instance() throws -> DetectedInstance {
        let box = try BoundingBox(x1: float(), y1: float(), x2: float(), y2: float())
        let label = try integer()
        let flags = try DetectionFlags(rawValue: number(UInt8.self))
        return try DetectedInstance(
            box: box, label: label, score: flags.contains(.score) ? float() : nil,
            mask: flags.contains(.mask) ? mask() : nil, isCrowd: flags.contains(.crowd))
    }

    private mutating func mask() throws -> RunLengthMask {
        let size = try size()
        let runs = try (0..<count(ofSize: 4)).map { _ in try number(UInt32.self) }
        return try RunLengthMask(counts: runs, size: size)
    }

    private mutating func size() throws -> Size2D {
        try Size2D(height: integer(), width: integer())
    }

    private mutating func float() throws -> Float { try Float(bitPattern: number(UInt32.self)) }

    private mutating func integer() throws -> Int {
        try Int(truncatingIfNeeded: Int64(bitPattern: number(UInt64.self)))
    }

    /// How many elements of at least `size` bytes follow.
    private mutating func count(ofSize size: Int) throws -> Int {
        let count = try integer()
        guard count >= 0, count <= (bytes.count - place) / size else { throw Self.damaged }
        return count
    }

    private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
        let end = place + MemoryLayout<Number>.size
        guard end <= bytes.count else { throw Self.damaged }
        defer { place = end }
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
        }
    }

    private static let damaged = ProcessGroupError(
        "what another process sent is no list of detections",
        remedy: "start all processes from the same build")
}

/// What belongs to an instance.
private struct DetectionFlags: OptionSet {
    let rawValue: UInt8

    static let score = DetectionFlags(rawValue: 1)
    static let mask = DetectionFlags(rawValue: 2)
    static let crowd = DetectionFlags(rawValue: 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ instance: DetectedInstance) {
        self = instance.score == nil ? [] : .score
        if instance.mask != nil { insert(.mask) }
        if instance.isCrowd { insert(.crowd) }
    }
}
