import DenseKitNN
import Foundation
import Testing

@testable import DenseKitVerification

@Suite struct NameSeededTests {
    /// The generator's test vectors: the recipe of a tensor, and what must come of it.
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let recipe: GoldenCase.Entry
        let hash: String
        let first: [Double]
        let bits: [String]?
        let last: Double
        let sum: Double

        private enum Keys: String, CodingKey {
            case fnv1a, first, first_bits, last, sum, sum_float64
        }

        init(from decoder: any Decoder) throws {
            recipe = try GoldenCase.Entry(from: decoder)
            let container = try decoder.container(keyedBy: Keys.self)
            hash = try container.decode(String.self, forKey: .fnv1a)
            first = try container.decode([Double].self, forKey: .first)
            bits = try container.decodeIfPresent([String].self, forKey: .first_bits)
            last = try container.decode(Double.self, forKey: .last)
            sum =
                try container.decodeIfPresent(Double.self, forKey: .sum)
                ?? container.decode(Double.self, forKey: .sum_float64)
        }

        var testDescription: String { recipe.name }
    }

    private struct File: Decodable { let cases: [Vector] }

    static func vectors() throws -> [Vector] {
        try JSONDecoder().decode(
            File.self, from: Data(contentsOf: goldens.appending(path: "name_seeded.json"))
        ).cases
    }

    @Test func allVectorsAreThere() throws { #expect(try Self.vectors().count == 11) }

    @Test(arguments: try vectors()) func bitForBit(_ vector: Vector) throws {
        #expect(NameSeeded.hash(vector.recipe.name) == UInt64(vector.hash.dropFirst(2), radix: 16))
        let tensor = try vector.recipe.tensor()
        #expect(
            tensor.shape == vector.recipe.shape
                && tensor.dtype == (vector.recipe.kind == "int" ? .int64 : .float32))
        let flat = try tensor.flattened()
        let first = try flat.narrowed(0, 0, vector.first.count)
        #expect(try first.floats().map(Double.init) == vector.first)
        if let bits = vector.bits {
            #expect(try first.floats().map { String(format: "0x%08x", $0.bitPattern) } == bits)
        }
        #expect(try flat.selected(0, -1).item() == vector.last)
        #expect(try abs(flat.to(.float64).sum().item() - vector.sum) <= 1e-11 * Double(flat.count))
    }

    @Test func integersCoverTheirRange() {
        #expect(Set(NameSeeded.integers("x", count: 200, low: -2, high: 3)) == [-2, -1, 0, 1, 2])
        let top = Int64.max - 1
        #expect(NameSeeded.integers("x", count: 2, low: top, high: .max) == [top, top])
        #expect(NameSeeded.integers("x", count: 1, low: .min, high: .max).count == 1)
    }
}
