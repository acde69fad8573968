/// Reads pickles as data: builds values, runs nothing.
///
/// Knows the operations that Python's pickle module and PyTorch's own writer use (protocols 1 to 5)
/// and the names of `PickleGlobal`; everything else ends the reading. The stack is an array and
/// values are places in a heap, so that depth costs nothing but memory in proportion to the file.
/// Format: CPython's Lib/pickletools.py.
struct PickleReader {
    /// Whole numbers have at most so many bytes.
    static let numberLimit = 1024
    /// Operations of all pickles of a file. 100,000 tensors take some 4 million; a byte of the file
    /// could become 50 in memory otherwise.
    static let operationLimit = 1 << 23

    var cursor: FileCursor
    var heap = PickleHeap()
    var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [PickleValue?] = []
    private var operations = 0
    /// The storages by key, all that the pickle names.
    var storages: [String: Int] = [:]
    /// Items that were copied from lists into dictionaries: a file could have one list copied
    /// without end.
    var copied = 0

    /// Elements of tensors that show those of their storage more than once. A few bytes could claim
    /// any number of them.
    var repeated = 0
    static let repeatLimit = 1 << 24

    init(_ cursor: FileCursor) { self.cursor = cursor }

    /// The next pickle.
    /// - Throws: `CheckpointError`.
    mutating func read() throws(CheckpointError) -> PickleValue {
        stack = []
        marks = []
        memo = []
        while true {
            let place = cursor.consumed
            let code = try cursor.byte()
            operations += 1
            guard operations <= Self.operationLimit else {
                throw damaged("has more than \(Self.operationLimit) operations", at: place)
            }
            if code == UInt8(ascii: ".") { return try pop() }
            if try memory(code) { continue }
            if try number(code) { continue }
            if try text(code) { continue }
            if try collection(code) { continue }
            if try object(code) { continue }
            throw damaged(
                "has an operation 0x\(String(code, radix: 16)), which PyTorch does not write,",
                at: place)
        }
    }

    func damaged(_ problem: String, at place: Int? = nil) -> CheckpointError {
        cursor.damaged(
            "\(problem) at byte \(place ?? max(0, cursor.consumed - 1)) of \(cursor.part)")
    }

    mutating func pop() throws(CheckpointError) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
            throw damaged("takes a value that it did not put there,")
        }
        return value
    }

    /// What was put since the last mark, which goes.
    mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
        guard let mark = marks.popLast() else {
            throw damaged("has the end of a group that does not begin,")
        }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private mutating func number(_ code: UInt8) throws(CheckpointError) -> Bool {
        switch code {
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "K"): stack.append(.int(Int(try cursor.byte())))
        case UInt8(ascii: "M"): stack.append(.int(Int(try cursor.number(2))))
        case UInt8(ascii: "J"):
            stack.append(.int(Int(Int32(truncatingIfNeeded: try cursor.number(4)))))
        case UInt8(ascii: "G"):
            stack.append(.float(Double(bitPattern: try cursor.number(8).byteSwapped)))
        case 0x8A: stack.append(try long(Int(cursor.byte())))
        case 0x8B: stack.append(try long(Int(cursor.number(4))))
        case UInt8(ascii: "I"), UInt8(ascii: "L"):
            stack.append(decimal(try cursor.line(), isInt: code == UInt8(ascii: "I")))
        case UInt8(ascii: "F"):
            stack.append(
                Double(String(decoding: try cursor.line(), as: UTF8.self)).map { .float($0) }
                    ?? .inert)
        default: return false
        }
        return true
    }

    private mutating func long(_ count: Int) throws(CheckpointError) -> PickleValue {
        guard count <= Self.numberLimit else {
            throw damaged(
                "has a whole number of \(count) bytes, where \(Self.numberLimit) are allowed,")
        }
        let bytes = try cursor.bytes(count)
        guard count <= 8 else { return .long(bytes) }
        let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
        let start: UInt64 = isNegative ? .max : 0
        return .int(Int(bitPattern: UInt(bytes.reversed().reduce(start) { $0 << 8 | UInt64($1) })))
    }

    /// A number in digits; `00` and `01` are Python's Booleans, an `L` at the end is no part of
    /// it.
    private func decimal(_ line: [UInt8], isInt: Bool) -> PickleValue {
        let digits = String(
            decoding: line.last == UInt8(ascii: "L") ? line.dropLast() : line[...], as: UTF8.self)
        if isInt, digits == "00" || digits == "01" { return .bool(digits == "01") }
        return Int(digits).map { .int($0) } ?? .inert
    }

    private mutating func text(_ code: UInt8) throws(CheckpointError) -> Bool {
        switch code {
        case UInt8(ascii: "X"): try string(cursor.number(4))
        case 0x8C, UInt8(ascii: "U"): try string(cursor.number(1))
        case 0x8D: try string(cursor.number(8))
        case UInt8(ascii: "T"): try string(cursor.number(4))
        case UInt8(ascii: "V"):
            stack.append(.string(String(decoding: try cursor.line(), as: UTF8.self)))
        case UInt8(ascii: "B"): try bytes(cursor.number(4))
        case UInt8(ascii: "C"): try bytes(cursor.number(1))
        case 0x8E, 0x96: try bytes(cursor.number(8))
        default: return false
        }
        return true
    }

    /// A text; bytes of Python 2 that are none stay without meaning.
    private mutating func string(_ count: UInt64) throws(CheckpointError) {
        let bytes = try cursor.bytes(Int(clamping: count))
        stack.append(String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .inert)
    }

    private mutating func bytes(_ count: UInt64) throws(CheckpointError) {
        try cursor.skip(Int(clamping: count))
        stack.append(.inert)
    }

    /// The stack, the marks and the memo.
    private mutating func memory(_ code: UInt8) throws(CheckpointError) -> Bool {
        switch code {
        case 0x80:
            let version = try cursor.byte()
            guard version <= 5 else {
                throw damaged("is a pickle of protocol \(version), where 5 is the newest known,")
            }
        case 0x95: try cursor.skip(8)  // a frame's length, of use to who reads from a pipe
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"):
            if stack.count > (marks.last ?? 0) { stack.removeLast() } else { _ = try popToMark() }
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: "q"): try put(cursor.number(1))
        case UInt8(ascii: "r"): try put(cursor.number(4))
        case UInt8(ascii: "p"):
            try put(UInt64(String(decoding: cursor.line(), as: UTF8.self)) ?? .max)
        case 0x94: try put(UInt64(memo.count))
        case UInt8(ascii: "h"): try get(cursor.number(1))
        case UInt8(ascii: "j"): try get(cursor.number(4))
        case UInt8(ascii: "g"):
            try get(UInt64(String(decoding: cursor.line(), as: UTF8.self)) ?? .max)
        default: return false
        }
        return true
    }

    func top() throws(CheckpointError) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.last else {
            throw damaged("uses a value that it did not put there,")
        }
        return value
    }

    private mutating func put(_ index: UInt64) throws(CheckpointError) {
        let value = try top()
        // Writers count from 0, one for each value.
        guard index < UInt64(cursor.consumed) else {
            throw damaged("remembers a value under \(index), farther than it has values,")
        }
        let index = Int(index)
        if index >= memo.count {
            memo += [PickleValue?](repeating: nil, count: index + 1 - memo.count)
        }
        memo[index] = value
    }

    private mutating func get(_ index: UInt64) throws(CheckpointError) {
        guard index < UInt64(memo.count), let value = memo[Int(index)] else {
            throw damaged("recalls a value under \(index), where it remembers none,")
        }
        stack.append(value)
    }
}
