import DenseKitCheckpoints
import DenseKitNN
import Foundation
import TemporaryFolders
import Testing

private let damage =
    "The file is damaged or incomplete, or PyTorch did not write it; fetch or write it again."

private func archive(_ change: (inout StoredZip) -> Void) -> [UInt8] {
    var zip = torchFile(soundPickle)
    change(&zip)
    return zip.bytes
}

@Test(
    "Hostile archives and files in the older form: messages",
    arguments: [
        ([], "is neither a zip archive nor a pickle", damage),
        (Array("<!DOCTYPE html>".utf8), "is neither a zip archive nor a pickle", damage),
        (
            [UInt8](repeating: 0, count: 257) + Array("ustar".utf8),
            "is a tar archive, the form that PyTorch wrote until early 2017",
            "Load it with PyTorch where you trust it, and save it again."
        ),
        ([0x50, 0x4B, 3, 4, 0, 0], "is a zip archive without its end", damage),
        (
            archive { $0.members[1].method = 8 },
            "has member \"a/data/0\" compressed (method 8); PyTorch stores it as it is",
            "Load it with PyTorch where you trust it, and save it again."
        ),
        (
            archive { $0.members[0].method = 8 },
            "has member \"a/data.pkl\" compressed (method 8); PyTorch stores it as it is",
            "Load it with PyTorch where you trust it, and save it again."
        ),
        (
            archive { $0.members[1].size = 1 << 30 },
            "has member \"a/data/0\" reach beyond the file's members", damage
        ),
        (
            archive { $0.members[1].offset = 1 << 30 },
            "has member \"a/data/0\" reach beyond the file's members", damage
        ),
        (
            archive {
                $0.isWide = true
                $0.members[1].size = 1 << 62
            }, "has member \"a/data/0\" reach beyond the file's members", damage
        ),
        (
            archive {
                $0.isWide = true
                $0.members[1].offset = -1
            }, "has member \"a/data/0\" with impossible sizes", damage
        ),
        (
            archive { $0.members[0].size = soundPickle.bytes.count + 1 },
            "has members that overlap at byte \(40 + soundPickle.bytes.count)", damage
        ),
        (
            archive { $0.members.append($0.members[1]) }, "has two members called \"a/data/0\"",
            damage
        ),
        (
            archive { $0.members[1].offset = 0 }, "has no header of member \"a/data/0\" at byte 0",
            damage
        ),
        (
            archive {
                $0.members.append(.init(name: "a/data/1", bytes: []))
                $0.members[2].offset = 40 + soundPickle.bytes.count
            }, "calls member \"a/data/1\" something else at byte \(40 + soundPickle.bytes.count)",
            damage
        ),
        (archive { $0.members[1].flags = 1 }, "has member \"a/data/0\" encrypted", damage),
        (
            archive { $0.members[1].checksum = 0x1234 },
            "has member \"a/data/0\" with CRC-32 ecbb4b55, but its directory says 00001234", damage
        ),
        (
            archive { $0.count = 3 }, "is a zip archive whose directory does not lie in the file",
            damage
        ),
        (
            archive {
                $0.isWide = true
                $0.count = -1
            }, "is a zip archive whose directory does not lie in the file", damage
        ),
        (
            archive { $0.members[0].name = "a/weights.pkl" },
            "is a zip archive without a data.pkl, so torch.save did not write it",
            "Name a file that torch.save or torch.jit.save wrote."
        ),
        (
            archive { $0.members[1].name = "b/data.pkl" },
            "is a zip archive with 2 members data.pkl; one is expected",
            "Name a file that torch.save or torch.jit.save wrote."
        ),
        (
            archive { $0.members.append(.init(name: "a/byteorder", bytes: Array("big".utf8))) },
            "has its numbers in byte order \"big\"; \"little\" is expected",
            "Load it with PyTorch where you trust it, and save it again on this machine."
        ),
        (
            Pickle(op("}")).bytes, "is a pickle, but not one that torch.save wrote",
            "Load it with Python where you trust it, and save its tensors with torch.save."
        ),
        (older(version: 1000), "is not of version 1001, the only one of its form", damage),
        (
            older(machine: dictionary(text("little_endian"), [0x89])),
            "has its numbers in the byte order of another kind of machine",
            "Load it with PyTorch where you trust it, and save it again on this machine."
        ),
        (
            older(count: 1 << 61),
            "says at byte \(olderSize - 24) that storage \"0\" has 2305843009213693952 elements, more than the file has",
            damage
        ),
        (
            older(count: -1),
            "says at byte \(olderSize - 24) that storage \"0\" has -1 elements, more than the file has",
            damage
        ),
        (
            older(count: 3),
            "says that storage \"0\" has 4 elements (float32, 16 bytes), but has 12 bytes of it",
            damage
        ),
        (older(keys: ["1"]), "lists a storage that none of its tensors uses", damage),
        (older(keys: []), "lacks storage \"0\", which its pickle asks for", damage),
        (older(keys: ["0", "0"], count: 1), "has storage \"0\" twice", damage),
    ] as [([UInt8], String, String)])
func hostileArchives(bytes: [UInt8], problem: String, remedy: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.pth", bytes)
    #expect(throws: CheckpointError(path: path, problem: problem, remedy: remedy)) {
        try TorchFile.load(path)
    }
}

/// A file in the older form, with one tensor of four zeros.
private func older(
    version: Int = 1001, machine: [UInt8] = dictionary(text("little_endian"), [0x88]),
    keys: [String] = ["0"], count: Int = 4
) -> [UInt8] {
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let pickles = [
        Pickle(magic), Pickle(int(version)), Pickle(machine), soundPickle,
        Pickle(op("(") + keys.flatMap(text) + op("l")),
    ]
    return pickles.flatMap(\.bytes) + little(count, 8) + little(0, 16)
}

private let olderSize = older().count

@Test("A file that ends early is refused, wherever it ends")
func truncated() throws {
    let folder = try TemporaryFolder()
    for whole in [torchFile(soundPickle).bytes, older()] {
        #expect(
            try TorchFile.load(folder.write("a", whole)).tensors["w"]?.floats() == [0, 0, 0, 0])
        for length in whole.indices {
            let path = try folder.write("a", Array(whole.prefix(length)))
            let error = #expect(throws: CheckpointError.self) { try TorchFile.load(path) }
            #expect(error?.path == path && error?.remedy == damage, "\(length)")
        }
    }
}
