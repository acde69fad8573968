/// Reads a part of a file from front to back, a window at a time: what it holds never depends on
/// what the file claims.
struct FileCursor {
    private static let windowSize = 1 << 16

    let file: Descriptor
    /// What is read, for messages: `data.pkl`.
    let part: String
    /// Where the part ends in the file.
    let end: Int
    /// The position of the next byte in the file.
    private(set) var position: Int
    private let start: Int
    private var window: [UInt8] = []
    private var windowStart = 0

    /// - Parameter range: must lie in the file.
    init(_ file: Descriptor, _ range: Range<Int>, part: String) {
        self.file = file
        self.part = part
        start = range.lowerBound
        position = range.lowerBound
        end = range.upperBound
    }

    /// How many bytes of the part were read.
    var consumed: Int { position - start }

    mutating func byte() throws(CheckpointError) -> UInt8 {
        if position - windowStart >= window.count { try refill() }
        defer { position += 1 }
        return window[position - windowStart]
    }

    mutating func bytes(_ count: Int) throws(CheckpointError) -> [UInt8] {
        guard count >= 0, count <= end - position else { throw cutOff }
        let offset = position - windowStart
        if offset + count > window.count {
            defer { position += count }
            return try file.bytes(at: position, count: count)
        }
        position += count
        return Array(window[offset..<offset + count])
    }

    /// A number of `count` bytes, at most 8, little-endian.
    mutating func number(_ count: Int) throws(CheckpointError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(try byte()) << UInt64(8 * index) }
        return value
    }

    /// The bytes up to the next line feed, which is consumed too.
    mutating func line() throws(CheckpointError) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            let next = try byte()
            if next == 0x0A { return line }
            line.append(next)
        }
    }

    mutating func skip(_ count: Int) throws(CheckpointError) {
        guard count >= 0, count <= end - position else { throw cutOff }
        position += count
    }

    func damaged(_ problem: String) -> CheckpointError { .damaged(file.path, problem) }

    private mutating func refill() throws(CheckpointError) {
        guard position < end else { throw cutOff }
        window = try file.bytes(at: position, count: min(Self.windowSize, end - position))
        windowStart = position
    }

    private var cutOff: CheckpointError { damaged("ends in the middle of \(part)") }
}

extension Descriptor {
    /// The `count` bytes from `offset`, which the caller knows to lie in the file.
    func bytes(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(CheckpointError) in try read(at: offset, into: buffer) }
        }
        try result.get()
        return bytes
    }
}

extension CheckpointError {
    /// A file of PyTorch that is not sound.
    static func damaged(_ path: String, _ problem: String) -> CheckpointError {
        CheckpointError(
            path: path, problem: problem,
            remedy:
                "The file is damaged or incomplete, or PyTorch did not write it; fetch or write it again."
        )
    }
}
