import DenseKitCheckpoints
import DenseKitNN
import Foundation
import Fuzzing
import TemporaryFolders
import Testing

/// Damaged files of weights: tensors or a typed error in less than a second and little memory,
/// never a crash.
@Suite struct FuzzTests {
    @Test("PyTorch's files, and damaged pickles in sound archives")
    func torchFiles() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let wholes = try soundTorchFiles.map {
                try [UInt8](Data(contentsOf: URL(filePath: CheckpointsTests.torchFiles + "/" + $0)))
            }
            let fuzz = try Fuzz { round, mutator in
                let whole = wholes[round % wholes.count]
                var bytes = whole
                // The checksum finds most damage at once: half of the archives get their pickle
                // damaged before it is computed.
                if round / wholes.count % 2 == 0, whole.starts(with: [0x50, 0x4B]) {
                    var zip = StoredZip(reading: whole)
                    for index in zip.members.indices
                    where zip.members[index].name.hasSuffix("/data.pkl") {
                        zip.members[index].bytes = mutator.mutate(zip.members[index].bytes)
                    }
                    bytes = zip.bytes
                } else {
                    bytes = mutator.mutate(whole)
                }
                return try isLoaded(
                    folder.write("a", bytes), by: { try TorchFile.load($0).tensors })
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 2 && fuzz.accepted > Fuzz.rounds / 50, "\(fuzz)")
        }
    }

    @Test(
        "Safetensors files of ours and of others, with headers whose length and checksums are mended"
    )
    func safetensorsFiles() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            try TensorFile.save(smallTensors(), metadata: ["note": "é\n"], to: folder.file("ours"))
            let ours = try [UInt8](Data(contentsOf: URL(filePath: folder.file("ours"))))
            let entries = #"""
                "a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},\#
                "\u00e9":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]},"n":{"dtype":"F16","shape":[0,3],"data_offsets":[13,13]}
                """#
            let header = Array(
                "{\"__metadata__\":{\"é\":\"\\u00e9\\ud83d\\ude00\\n\"},\(entries)}".utf8)
            let tokens = [
                "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "0", "1", "9223372036854775807",
                "-", "{}", "[]", "\"a\":", "U8",
                "F8_E4M3", "\"shape\":[0]", "\"data_offsets\":[0,0]", " ",
            ]
            let fuzz = try Fuzz(tokens: tokens) { round, mutator in
                var bytes: [UInt8]
                switch round % 3 {
                case 0: bytes = mutator.mutate(ours)
                case 1: bytes = mutator.mutate(safetensors(header, dataSize: 13))
                // Most damage changes the length of the header, which is found out at once.
                default: bytes = safetensors(mutator.mutate(header), dataSize: 13)
                }
                if round % 6 == 1, bytes.count > 21 {
                    bytes = safetensors(Array(bytes[8...].dropLast(13)), dataSize: 13)
                }
                return try isLoaded(
                    folder.write("a", bytes), by: { try TensorFile.load($0).tensors })
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 2 && fuzz.accepted > Fuzz.rounds / 200, "\(fuzz)")
        }
    }

    @Test(
        "Each bit of a file of ours, and a cut at each byte: refused, or the same names, shapes and values"
    )
    func everyBit() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a")
        try TensorFile.save(smallTensors(), metadata: ["note": "é\n"], to: path)
        let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
        let expected = try contents(path)
        var same = 0
        for bit in 0..<8 * whole.count {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try folder.write("a", bytes)
            do {
                #expect(try contents(path) == expected, "bit \(bit)")
                same += 1
            } catch let error as CheckpointError {
                #expect(error.path == path)
            }
        }
        // Upper case for lower in a digit of an escape, and one kind of white space for another.
        #expect(same < whole.count / 10, "\(same) of \(8 * whole.count)")
        for length in whole.indices {
            _ = try folder.write("a", Array(whole.prefix(length)))
            #expect(throws: CheckpointError.self, "\(length)") { try TensorFile.load(path) }
        }
    }
}

private func smallTensors() throws -> [(name: String, tensor: Tensor)] {
    try [
        ("weight", Tensor.from([1, -2, 0.5, 3, 0, 8] as [Float], shape: [2, 3])),
        ("b.\u{1}é", Tensor.from([7, -1] as [Int64])), ("none", Tensor.zeros([0, 4])),
    ]
}

/// Everything that a file says, in a form to be compared.
private func contents(_ path: String) throws -> [String: String] {
    let (tensors, metadata) = try TensorFile.load(path)
    let values = try tensors.mapValues { "\($0.dtype) \($0.shape) \(try $0.bytes())" }
    return values.merging(metadata.map { ("metadata \($0)", $1) }) { $1 }
}

/// Whether the file is read, with the bytes of each tensor; false where it is refused with an error
/// that names it.
private func isLoaded(
    _ path: String, by load: (String) throws -> [String: Tensor]
) throws -> Bool {
    do {
        for tensor in try load(path).values { _ = try tensor.bytes() }
        return true
    } catch let error as CheckpointError {
        #expect(error.path == path)
        return false
    }
}
