import Foundation
import NN

/// A golden case: how to build parameters and inputs, and what the reference answered.
public struct GoldenCase: Sendable {
    /// A tensor by its recipe.
    public struct Entry: Decodable, Sendable {
        public let name: String
        public let seed: String?
        public let shape: [Int]
        public let kind: String?
        public let offset: Double?
        public let scale: Double?
        public let value: Double?
        public let low: Int64?
        public let high: Int64?
        public let values: JSON?
        public let ignore: Ignore?

        public struct Ignore: Decodable, Sendable {
            public let value: Int64
            public let every: Int
        }
    }

    public struct Tolerance: Decodable, Sendable {
        public let rtol: Double
        public let atol: Double
        /// This share of the elements must agree; all of them where it is not said.
        public let share: Double?
    }

    public let path: String
    public let name: String
    public let procedure: String
    public let mode: String
    public let parameters: [Entry]
    public let inputs: [Entry]
    public let outputNames: [String]
    public let derivedBuffers: Set<String>
    public let tokenIDs: [[Int]]?
    /// The whole file, for what only one procedure needs.
    public let json: JSON
    private let tolerance: Tolerance
    private let toleranceFor: [String: Tolerance]

    /// Reads `CASE.json`.
    ///
    /// Throws `GoldenCaseError` for a file that is not such a case.
    public init(path: String) throws {
        self.path = path
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            json = try JSONDecoder().decode(JSON.self, from: data)
            let header = try JSONDecoder().decode(Header.self, from: data)
            name = header.case ?? URL(filePath: path).deletingPathExtension().lastPathComponent
            guard let procedure = header.procedure_id else { throw GoldenCaseError(path, "has no procedure_id") }
            self.procedure = procedure
            mode = header.mode ?? "eval"
            parameters = header.parameters ?? []
            inputs = header.inputs ?? []
            outputNames = (header.outputs ?? [:]).keys.sorted()
            derivedBuffers = Set(header.derived_buffers ?? [])
            tokenIDs = header.token_ids
            tolerance = header.tolerance ?? Tolerance(rtol: 1e-3, atol: 1e-4, share: nil)
            toleranceFor = header.tolerance_for ?? [:]
        } catch let error as GoldenCaseError {
            throw error
        } catch {
            throw GoldenCaseError(path, "cannot be read as a golden case: \(GoldenCaseError.sentence(error))")
        }
    }

    public func tolerance(for output: String) -> Tolerance { toleranceFor[output] ?? tolerance }

    /// What the reference answered: `CASE.safetensors`.
    public var answersPath: String { String(path.dropLast(path.hasSuffix(".json") ? 5 : 0)) + ".safetensors" }

    /// Where our description of the case's model stands: `CASE.model.yaml`.
    public var modelPath: String { String(path.dropLast(path.hasSuffix(".json") ? 5 : 0)) + ".model.yaml" }

    private struct Header: Decodable {
        let `case`: String?
        let procedure_id: String?
        let mode: String?
        let parameters: [Entry]?
        let inputs: [Entry]?
        let outputs: [String: String]?
        let derived_buffers: [String]?
        let token_ids: [[Int]]?
        let tolerance: Tolerance?
        let tolerance_for: [String: Tolerance]?
    }
}

/// A golden case that cannot be run: not a case, or one that asks for what is not there.
public struct GoldenCaseError: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ path: String, _ problem: String) { description = "\(path): \(problem)" }

    static func sentence(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return error.localizedDescription }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context))key '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(place(context))\(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty ? "" : "at \(context.codingPath.map(\.stringValue).joined(separator: ".")): "
    }
}

extension GoldenCase.Entry {
    /// The tensor that the recipe makes. An input has a `seed` of its own; a parameter's seed is its name.
    public func tensor() throws -> Tensor {
        let count = try elementCount()
        if let values {
            let numbers = values.numbers
            guard numbers.count == count else { throw GoldenCaseError(name, "has \(numbers.count) values for shape \(shape)") }
            return isInteger || numbers.allSatisfy({ $0 == $0.rounded() })
                ? try Tensor.from(numbers.map { Int64($0) }, shape: shape) : try Tensor.from(numbers.map(Float.init), shape: shape)
        }
        guard isInteger else {
            if let value { return try Tensor.full(shape, value) }
            guard let offset, let scale else { throw GoldenCaseError(name, "needs offset and scale, or value") }
            return try Tensor.from(NameSeeded.floats(seed ?? name, count: count, offset: offset, scale: scale), shape: shape)
        }
        return try Tensor.from(try integers(), shape: shape)
    }

    /// The values of an integer recipe.
    public func integers() throws -> [Int64] {
        let count = try elementCount()
        if let values { return values.numbers.map { Int64($0) } }
        var result: [Int64]
        if let value {
            result = [Int64](repeating: Int64(value), count: count)
        } else {
            guard let low, let high, low < high else { throw GoldenCaseError(name, "needs low < high, or value") }
            result = NameSeeded.integers(seed ?? name, count: count, low: low, high: high)
        }
        if let ignore, ignore.every > 0 { for index in stride(from: 0, to: count, by: ignore.every) { result[index] = ignore.value } }
        return result
    }

    public var isInteger: Bool { kind == "int" || (kind == "values" && (values?.numbers.allSatisfy { $0 == $0.rounded() } ?? false)) }

    private func elementCount() throws -> Int {
        var count = 1
        for length in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflow, product <= 1 << 31 else { throw GoldenCaseError(name, "has the impossible shape \(shape)") }
            count = product
        }
        return count
    }
}
