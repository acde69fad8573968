import Checkpoints
import Foundation
import Testing

private let entry = #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#

private func length(_ value: UInt64, _ rest: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } + rest
}

@Test(
    "Hostile files",
    arguments: [
        ([], "has 0 bytes; a safetensors file has at least 8"),
        ([1, 2, 3], "has 3 bytes; a safetensors file has at least 8"),
        (length(1 << 60), "says that its header has 1152921504606846976 bytes; 100000000 are allowed"),
        (length(.max), "says that its header has 18446744073709551615 bytes; 100000000 are allowed"),
        (length(100, [123]), "says that its header has 100 bytes, but only 1 follow"),
        (safetensors(""), "has a header that is no JSON as expected: \"{\" was expected at byte 0, its end was found"),
        (safetensors("[]"), "has a header that is no JSON as expected: \"{\" was expected at byte 0, \"[\" was found"),
        (
            safetensors("{\(entry)", dataSize: 4),
            "has a header that is no JSON as expected: \"}\" was expected at byte 52, its end was found"
        ),
        (
            safetensors("{} {}"),
            "has a header that is no JSON as expected: the end of the header was expected at byte 3, \"{\" was found"
        ),
        (safetensors("{\(entry),\(entry)}", dataSize: 8), "names \"a\" twice in its header"),
        (safetensors(#"{"__metadata__":{"a":"","a":""}}"#), "names \"a\" twice in its metadata"),
        (safetensors(#"{"__metadata__":{},"__metadata__":{}}"#), "names \"__metadata__\" twice in its header"),
        (
            safetensors(#"{"__metadata__":{"a":1}}"#),
            "has a header that is no JSON as expected: \"\"\" was expected at byte 21, \"1\" was found"
        ),
        (
            safetensors(#"{"a":{"dtype":"F4","shape":[4],"data_offsets":[0,4]}}"#, dataSize: 4),
            "gives tensor \"a\" the type \"F4\", which is none of those known here"
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, dataSize: 4),
            "has \"dtype\" twice in the header of tensor \"a\""
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[4],"size":4}}"#, dataSize: 4),
            "has an unknown key \"size\" in the header of tensor \"a\""
        ),
        (safetensors(#"{"a":{"dtype":"U8","shape":[4]}}"#), "lacks dtype, shape or data_offsets in the header of tensor \"a\""),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#, dataSize: 4),
            "has a header that is no JSON as expected: a whole number was expected at byte 28, \"-\" was found"
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#, dataSize: 4),
            "has a header that is no JSON as expected: \"]\" was expected at byte 29, \".\" was found"
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[04],"data_offsets":[0,4]}}"#, dataSize: 4),
            "has a number in its header, at byte 28, that begins with 0"
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}}"#, dataSize: 4),
            "has a number in its header, at byte 28, that is too large"
        ),
        (
            safetensors(#"{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, dataSize: 4),
            "gives tensor \"a\" the shape [4294967296, 4294967296], which no memory can hold"
        ),
        (
            safetensors(#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}"#, dataSize: 4),
            "gives tensor \"a\" 4 bytes, but F32 of shape [4] has 16"
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#, dataSize: 4),
            "gives tensor \"a\" the data_offsets [4, 0]; a start and an end behind it are expected"
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4]}}"#, dataSize: 4),
            "gives tensor \"a\" the data_offsets [4]; a start and an end behind it are expected"
        ),
        (
            safetensors(#"{\#(entry),"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, dataSize: 6),
            "has tensor \"b\" overlap the one before it"
        ),
        (
            safetensors(#"{\#(entry),"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}}"#, dataSize: 9),
            "has a hole in front of tensor \"b\""
        ),
        (safetensors("{\(entry)}", dataSize: 3), "has 3 bytes behind its header, but its tensors have 4"),
        (safetensors("{\(entry)}", dataSize: 5), "has 5 bytes behind its header, but its tensors have 4"),
        (
            safetensors("{\"a\":" + String(repeating: "[", count: 100_000)),
            "has a header that is no JSON as expected: \"{\" was expected at byte 5, \"[\" was found"
        ),
        (
            safetensors(String(repeating: #"{"a":"#, count: 100_000)),
            "has an unknown key \"a\" in the header of tensor \"a\""
        ),
        (safetensors(#"{"\ud800":{}}"#), "has an invalid \\u escape in its header, before byte 8"),
        (safetensors(#"{"\x":{}}"#), "has an unknown escape in its header, before byte 4"),
        (
            safetensors(#"{"\"#),
            "has a header that is no JSON as expected: the end of a string was expected at byte 4, its end was found"
        ),
        (safetensors([0x7B, 0x22, 0xFF, 0x22, 0x3A]), "has a string in its header, at byte 2, that is not UTF-8"),
        (
            safetensors("{\"a\nb\":"),
            "has a header that is no JSON as expected: the rest of a string was expected at byte 3, \"\n\" was found"
        ),
    ] as [([UInt8], String)])
func hostile(bytes: [UInt8], problem: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.safetensors", bytes)
    let error = try #require(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    #expect(error.problem == problem)
    #expect(
        error.description
            == "\(path): \(problem). The file is damaged, incomplete or not a safetensors file; fetch or write it anew.")
}

@Test("5,000 damaged headers: a file or a typed error, never a crash; what opens can be read")
func damaged() throws {
    let folder = try TemporaryFolder()
    let header =
        #"{"__metadata__":{"é":"\u00e9\n"},\#(entry),"b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},"c":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]}}"#
    let whole = safetensors(header, dataSize: 13)
    let tokens = [UInt8](#"{}[]",:\0123456789-.eU "#.utf8)
    var random = SystemRandomNumberGenerator()
    var refused = 0
    for round in 0..<5_000 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.removeLast(bytes.count - place)
            case 3: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
            default: bytes[place] = tokens.randomElement(using: &random) ?? 0
            }
        }
        // Most damage changes the length of the header, which is found out at once: mend it in half of the files.
        if round % 2 == 0, bytes.count > 21 { bytes.replaceSubrange(0..<8, with: length(UInt64(bytes.count - 21))) }
        let path = try folder.file("a", bytes)
        do {
            let file = try SafetensorsFile(path: path)
            for entry in file.entries { #expect(try file.withBytes(of: entry) { $0.count } == entry.byteRange.count) }
        } catch let error as CheckpointError {
            #expect(error.path == path)
            refused += 1
        }
    }
    #expect(refused > 3_000)
}

@Test func placesThatAreNoFiles() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError(path: folder.path, problem: "is not a file")) { try SafetensorsFile(path: folder.path) }
    let missing = folder.file("missing")
    #expect(
        throws: CheckpointError(path: missing, problem: "cannot be opened (No such file or directory)", remedy: "Check the path.")
    ) { try SafetensorsFile(path: missing) }
    mkfifo(folder.file("pipe"), 0o600)
    #expect(throws: CheckpointError(path: folder.file("pipe"), problem: "is not a file")) {
        try SafetensorsFile(path: folder.file("pipe"))
    }
}

@Test("A file that is shortened while it is open ends in an error, not in a signal")
func shortened() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    try SafetensorsWriter.write(path, [tensor("a", .float32, [1000], [Float](repeating: 1, count: 1000))])
    let file = try SafetensorsFile(path: path)
    truncate(path, 100)
    let error = CheckpointError(path: path, problem: "became shorter while it was read")
    #expect(throws: error) { try file.withBytes(of: file.entries[0]) { _ in } }
}
