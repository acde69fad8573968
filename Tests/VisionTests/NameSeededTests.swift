import Testing

/// The generator that the golden inputs come from, against its own test vectors.
@Test func nameSeededValuesAreTheReferences() throws {
    struct Vectors: Decodable {
        struct Case: Decodable {
            let name: String
            let shape: [Int]
            let offset: Double?
            let scale: Double?
            let fnv1a: String
            let first_bits: [String]?
        }
        let cases: [Case]
    }
    let cases = try Goldens.json("name_seeded", as: Vectors.self).cases
    #expect(cases.count > 3)
    for vector in cases {
        let seeded = NameSeeded(vector.name)
        #expect(seeded.seed == UInt64(vector.fnv1a.dropFirst(2), radix: 16))
        guard let bits = vector.first_bits, let offset = vector.offset, let scale = vector.scale
        else { continue }
        let values = seeded.floats(bits.count, offset: offset, scale: scale)
        #expect(values.map(\.bitPattern) == bits.map { UInt32($0.dropFirst(2), radix: 16) })
    }
}
