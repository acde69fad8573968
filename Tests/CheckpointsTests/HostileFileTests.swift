import DenseKitCheckpoints
import Foundation
import TemporaryFolders
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
        (
            length(1 << 60),
            "says that its header has 1152921504606846976 bytes; 100000000 are allowed"
        ),
        (
            length(.max),
            "says that its header has 18446744073709551615 bytes; 100000000 are allowed"
        ),
        (length(100, [123]), "says that its header has 100 bytes, but only 1 follow"),
        (
            safetensors(""),
            "has a header that is no JSON as expected: \"{\" was expected at byte 0, its end was found"
        ),
        (
            safetensors("[]"),
            "has a header that is no JSON as expected: \"{\" was expected at byte 0, \"[\" was found"
        ),
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
        (
            safetensors(#"{"__metadata__":{},"__metadata__":{}}"#),
            "names \"__metadata__\" twice in its header"
        ),
        (
            safetensors(#"{"__metadata__":{"a":1}}"#),
            "has a header that is no JSON as expected: \"\"\" was expected at byte 21, \"1\" was found"
        ),
        (
            safetensors(
                #"{"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, dataSize: 4),
            "has \"dtype\" twice in the header of tensor \"a\""
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[4],"size":4}}"#, dataSize: 4),
            "has an unknown key \"size\" in the header of tensor \"a\""
        ),
        (
            safetensors(#"{"a":{"dtype":"U8","shape":[4]}}"#),
            "lacks dtype, shape or data_offsets in the header of tensor \"a\""
        ),
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
            safetensors(
                #"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}}"#,
                dataSize: 4),
            "has a number in its header, at byte 28, that is too large"
        ),
        (
            safetensors(
                #"{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
                dataSize: 4),
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
            safetensors(
                #"{\#(entry),"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, dataSize: 6),
            "has tensor \"b\" overlap the one before it"
        ),
        (
            safetensors(
                #"{\#(entry),"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}}"#, dataSize: 9),
            "has a hole in front of tensor \"b\""
        ),
        (
            safetensors("{\(entry)}", dataSize: 3),
            "has 3 bytes behind its header, but its tensors have 4"
        ),
        (
            safetensors("{\(entry)}", dataSize: 5),
            "has 5 bytes behind its header, but its tensors have 4"
        ),
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
        (
            safetensors([0x7B, 0x22, 0xFF, 0x22, 0x3A]),
            "has a string in its header, at byte 2, that is not UTF-8"
        ),
        (
            safetensors("{\"a\nb\":"),
            "has a header that is no JSON as expected: the rest of a string was expected at byte 3, \"\\n\" was found"
        ),
    ] as [([UInt8], String)])
func hostile(bytes: [UInt8], problem: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.safetensors", bytes)
    let error = try #require(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    #expect(error.problem == problem)
    #expect(
        error.description
            == "\(path): \(problem). The file is damaged, incomplete or not a safetensors file; fetch or write it again."
    )
}

@Test func placesThatAreNoFiles() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError(path: folder.path, problem: "is not a file")) {
        try SafetensorsFile(path: folder.path)
    }
    let missing = folder.file("missing")
    #expect(
        throws: CheckpointError(
            path: missing, problem: "cannot be opened (No such file or directory)",
            remedy: "Check the path.")
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
    try SafetensorsWriter.write(
        path, [tensor("a", .float32, [1000], [Float](repeating: 1, count: 1000))])
    let file = try SafetensorsFile(path: path)
    truncate(path, 100)
    let error = CheckpointError(path: path, problem: "became shorter while it was read")
    #expect(throws: error) { try file.withBytes(of: file.entries[0]) { _ in } }
}

@Test("Shapes that the engine would take and could not compute with")
func strangeShapes() throws {
    let folder = try TemporaryFolder()
    func load(_ shape: String, _ size: Int) throws -> [Int]? {
        let header = #"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,\#(size)]}}"#
        return try TensorFile.load(folder.write("a", safetensors(header, dataSize: size))).tensors[
            "a"]?.shape
    }
    func ones(_ count: Int) -> String {
        [String](repeating: "1", count: count).joined(separator: ",")
    }
    #expect(try load(ones(64), 1)?.count == 64)
    #expect(try load("0,3", 0) == [0, 3])
    for (shape, size, problem) in [
        (
            "0,4294967296,4294967296", 0,
            "gives tensor \"a\" the shape [0, 4294967296, 4294967296], which no memory can hold"
        ),
        (
            "4294967296,4294967296,0", 0,
            "gives tensor \"a\" the shape [4294967296, 4294967296, 0], which no memory can hold"
        ),
        (ones(100_000), 1, "gives tensor \"a\" 100000 dimensions; 64 are allowed"),
    ] {
        let error = #expect(throws: CheckpointError.self) { try load(shape, size) }
        #expect(error?.problem == problem)
    }
}
