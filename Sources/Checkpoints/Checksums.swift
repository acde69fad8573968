/// The checksums (CRC-32) that our safetensors files carry in their metadata: one of each tensor's
/// bytes and one of the header.
///
/// Files of others have none and are read all the same. In ours, a changed bit anywhere is noticed
/// before the tensor is used.
struct Checksums {
    /// A JSON object: eight hexadecimal digits for each tensor's name.
    static let tensorsKey = "densekit.crc32"
    /// Eight digits for everything else in the header.
    static let headerKey = "densekit.header_crc32"

    let tensors: [String: UInt32]

    /// The metadata with the checksums added.
    static func adding(
        _ checksums: [String: UInt32], to metadata: [String: String],
        _ tensors: [SafetensorsHeader.Tensor]
    )
        -> [String: String]
    {
        var metadata = metadata
        let pairs = checksums.sorted { $0.key < $1.key }.map {
            "\(SafetensorsWriter.quoted($0.key)):\"\(CRC32.digits($0.value))\""
        }
        metadata[tensorsKey] = "{\(pairs.joined(separator: ","))}"
        metadata[headerKey] = CRC32.digits(headerChecksum(metadata, tensors))
        return metadata
    }

    /// Reads and checks the header's own checksum; nil for a file of others.
    init?(_ header: SafetensorsHeader) throws(SafetensorsHeader.Problem) {
        let all = header.metadata[Self.tensorsKey]
        let own = header.metadata[Self.headerKey]
        if all == nil, own == nil { return nil }
        guard let all, let own,
            own == CRC32.digits(Self.headerChecksum(header.metadata, header.tensors))
        else {
            throw SafetensorsHeader.Problem(
                text: "has a header that does not agree with its checksum")
        }
        var tensors: [String: UInt32] = [:]
        var scanner = JSONScanner(Array(all.utf8))
        try scanner.object { scanner, name throws(SafetensorsHeader.Problem) in
            tensors[name] = UInt32(try scanner.string(), radix: 16)
        }
        guard header.tensors.allSatisfy({ tensors[$0.name] != nil }) else {
            throw SafetensorsHeader.Problem(text: "has checksums for some of its tensors only")
        }
        self.tensors = tensors
    }

    /// Of the metadata and of name, type, shape and place of every tensor, in a fixed order.
    private static func headerChecksum(
        _ metadata: [String: String], _ tensors: [SafetensorsHeader.Tensor]
    ) -> UInt32 {
        var text = ""
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != headerKey {
            text += "\(key)\u{0}\(value)\u{0}"
        }
        for tensor in tensors.sorted(by: { $0.name < $1.name }) {
            text += "\(tensor.name)\u{0}\(tensor.type)\(tensor.shape)\(tensor.offsets)\u{0}"
        }
        return Array(text.utf8).withUnsafeBytes { CRC32.checksum($0) }
    }
}
