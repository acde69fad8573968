import NN

extension GoldenCase.Entry {
    /// The tensor that the recipe makes. An input has a `seed` of its own; a parameter's seed is its name.
    public func tensor() throws -> Tensor {
        let count = try elementCount()
        if isInteger { return try Tensor.from(try integers(), shape: shape) }
        if let values { return try Tensor.from(try numbers(values, count).map(Float.init), shape: shape) }
        if let value { return try Tensor.full(shape, value) }
        guard let offset, let scale else { throw GoldenCaseError(name, "needs offset and scale, or value") }
        return try Tensor.from(NameSeeded.floats(seed ?? name, count: count, offset: offset, scale: scale), shape: shape)
    }

    /// The values of an integer recipe.
    public func integers() throws -> [Int64] {
        let count = try elementCount()
        if let values { return try numbers(values, count).map(whole) }
        var result: [Int64]
        if let value {
            result = [Int64](repeating: try whole(value), count: count)
        } else {
            guard let low, let high, low < high else { throw GoldenCaseError(name, "needs low < high, or value") }
            result = NameSeeded.integers(seed ?? name, count: count, low: low, high: high)
        }
        if let ignore, ignore.every > 0 {
            for index in stride(from: 0, to: count, by: ignore.every) { result[index] = ignore.value }
        }
        return result
    }

    /// Whether the elements are integers: said so, or written out without a fraction.
    public var isInteger: Bool { kind == "int" || (values?.numbers.allSatisfy { $0 == $0.rounded() } ?? false) }

    private func numbers(_ values: JSON, _ count: Int) throws -> [Double] {
        let numbers = values.numbers
        guard numbers.count == count else { throw GoldenCaseError(name, "has \(numbers.count) values for shape \(shape)") }
        return numbers
    }

    private func whole(_ number: Double) throws -> Int64 {
        guard let whole = Int64(exactly: number) else {
            throw GoldenCaseError(name, "has the value \(number), which is no integer")
        }
        return whole
    }

    private func elementCount() throws -> Int {
        var count = 1
        for length in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflow, product <= 1 << 28 else {
                throw GoldenCaseError(name, "has the impossible shape \(shape)")
            }
            count = product
        }
        return count
    }
}
