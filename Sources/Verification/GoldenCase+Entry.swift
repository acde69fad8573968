import DenseKitNN

extension GoldenCase.Entry {
    /// The tensor of the recipe: float32, int64 for integers, or masks `[g, h, w]` uint8. Values
    /// without a `seed` are seeded by the entry's name.
    /// - Throws: `GoldenCaseError` for an incomplete recipe, or a shape that does not fit.
    public func tensor() throws -> Tensor {
        let count = try elementCount()
        if let runs { return try masks(runs, count) }
        if isInteger { return try Tensor.from(integers(), shape: shape) }
        if let values {
            return try Tensor.from(numbers(values, count).map(Float.init), shape: shape)
        }
        if let value { return try Tensor.full(shape, value) }
        guard let offset, let scale else {
            throw GoldenCaseError(name, "needs offset and scale, or value")
        }
        return try Tensor.from(
            NameSeeded.floats(seed ?? name, count: count, offset: offset, scale: scale),
            shape: shape)
    }

    /// The values of an integer recipe, in row-major order.
    /// - Throws: `GoldenCaseError` for an incomplete recipe, or a value that is not an integer.
    public func integers() throws -> [Int64] {
        let count = try elementCount()
        if let values { return try numbers(values, count).map(whole) }
        var result: [Int64]
        if let value {
            result = [Int64](repeating: try whole(value), count: count)
        } else {
            guard let low, let high, low < high else {
                throw GoldenCaseError(name, "needs low < high, or value")
            }
            result = NameSeeded.integers(seed ?? name, count: count, low: low, high: high)
        }
        if let ignore, ignore.every > 0 {
            for index in stride(from: 0, to: count, by: ignore.every) {
                result[index] = ignore.value
            }
        }
        return result
    }

    /// Whether the elements are integers: `kind` is `int`, or all listed values are whole.
    public var isInteger: Bool {
        kind == "int" || (values?.numbers.allSatisfy { $0 == $0.rounded() } ?? false)
    }

    /// `[g, h, w]` uint8
    private func masks(_ runs: GoldenCase.Entry.Runs, _ count: Int) throws -> Tensor {
        guard runs.size.count == 2 else {
            throw GoldenCaseError(name, "has masks of size \(runs.size), expected [h, w]")
        }
        let height = runs.size[0]
        let width = runs.size[1]
        var pixels = [UInt8](repeating: 0, count: count)
        for (mask, counts) in runs.counts.enumerated() {
            var (place, value) = (0, UInt8(0))  // down the columns
            for run in counts {
                guard run >= 0, run <= height * width - place else { break }
                if value == 1 {
                    for pixel in place..<place + run {
                        pixels[(mask * height + pixel % height) * width + pixel / height] = 1
                    }
                }
                place += run
                value = 1 - value
            }
            guard place == height * width else {
                throw GoldenCaseError(
                    name, "has runs that are not \(height) × \(width) pixels long")
            }
        }
        return try pixels.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: shape, dtype: .uint8)
        }
    }

    private func numbers(_ values: GoldenJSON, _ count: Int) throws -> [Double] {
        let numbers = values.numbers
        guard numbers.count == count else {
            throw GoldenCaseError(name, "has \(numbers.count) values for shape \(shape)")
        }
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
