import DenseKitFoundations
import Foundation
import Testing

/// The golden cases of `Tests/Goldens`.
enum Goldens {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(
            path: "Goldens")

    static func json<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(
            T.self, from: Data(contentsOf: folder.appending(path: name + ".json")))
    }

    /// The tensors of a safetensors file as flat float arrays, with their shapes.
    static func tensors(_ name: String) throws -> [String: (shape: [Int], values: [Float])] {
        struct Entry: Decodable {
            let dtype: String
            let shape: [Int]
            let data_offsets: [Int]
        }
        let file = try Data(contentsOf: folder.appending(path: name + ".safetensors"))
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = try #require(
            JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any])
        header["__metadata__"] = nil
        let entries = try JSONDecoder().decode(
            [String: Entry].self, from: JSONSerialization.data(withJSONObject: header))
        return try entries.mapValues { entry in
            let bytes = [UInt8](
                file.dropFirst(8 + length + entry.data_offsets[0]).prefix(
                    entry.data_offsets[1] - entry.data_offsets[0]))
            return (entry.shape, try values(bytes, entry.dtype))
        }
    }

    private static func values(_ bytes: [UInt8], _ type: String) throws -> [Float] {
        func numbers<T: BitwiseCopyable>(_: T.Type) -> [T] {
            stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size).map { at in
                bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: T.self) }
            }
        }
        switch type {
        case "F32": return numbers(Float.self)
        case "I64": return numbers(Int64.self).map(Float.init)
        case "I32": return numbers(Int32.self).map(Float.init)
        case "U8": return bytes.map(Float.init)
        default: throw CocoaError(.coderReadCorrupt, userInfo: ["dtype": type])
        }
    }
}

/// Values that follow from a name: FNV-1a, then splitmix64.
struct NameSeeded {
    let seed: UInt64

    init(_ name: String) { seed = FNV1a(name.utf8).value }

    private func bits(_ i: Int) -> UInt64 {
        var z = seed &+ UInt64(i + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    func floats(_ count: Int, offset: Double, scale: Double) -> [Float] {
        (0..<count).map { Float(offset + scale * (Double(bits($0) >> 40) * 0x1p-23 - 1)) }
    }

    func integers(_ count: Int, below high: Int) -> [Int] {
        (0..<count).map { Int(bits($0) >> 33) % high }
    }
}

/// As it stands in opencv.json.
func digest(_ bytes: some Sequence<UInt8>) -> String {
    FNV1a(bytes).digits
}
