import DenseKitVision

/// What the numbers in label files mean: a class, nothing to be learnt from, or a mistake.
public struct LabelTable: Sendable, Equatable {
    /// Marks numbers that the data set does not declare.
    private static let undeclared = UInt16.max - 1
    /// The most classes that there can be.
    public static let maximumClasses = Int(undeclared)

    private var table: [UInt16]

    /// Numbers `first ..< first + classes` are the classes 0, 1, ….
    ///
    /// - Parameter classes: at most `maximumClasses`.
    public init(classes: Int, first: Int = 0) {
        precondition((0...LabelTable.maximumClasses).contains(classes) && first >= 0, "classes have to fit in 16 bits")
        table = Array(repeating: LabelTable.undeclared, count: 1 << 16)
        for number in 0..<classes where number + first < table.count { table[number + first] = UInt16(number) }
    }

    /// Makes number `raw` mean class `label`, or nothing where that is nil. Numbers outside of 16 bits never occur.
    public mutating func declare(_ raw: Int, as label: Int?) {
        guard table.indices.contains(raw) else { return }
        table[raw] = label.map { UInt16($0) } ?? LabelMap.ignore
    }

    /// Forgets what all numbers mean.
    public mutating func undeclareAll() {
        table = Array(repeating: LabelTable.undeclared, count: 1 << 16)
    }

    /// The numbers that mean a class, in order, each with the class.
    public var classNumbers: [(number: Int, label: Int)] {
        table.indices.compactMap { number in
            let label = table[number]
            return label == LabelTable.undeclared || label == LabelMap.ignore ? nil : (number, Int(label))
        }
    }

    /// The map in classes.
    ///
    /// - Parameters:
    ///   - path: the file, for the error's sake.
    ///   - remedy: what to do about a number that is not declared; nil for what can be done with most data sets.
    /// - Throws: `DataError` naming the first pixel whose number the data set does not declare.
    public func callAsFunction(
        _ raw: LabelMap, path: String, remedy: (Int) -> String? = { _ in nil }
    ) throws -> LabelMap {
        var mistake: Int?
        let labels = [UInt16](unsafeUninitializedCapacity: raw.labels.count) { target, count in
            var hasMistake = false
            raw.labels.withUnsafeBufferPointer { source in
                table.withUnsafeBufferPointer { table in
                    for i in 0..<source.count {
                        let label = table[Int(source[i])]
                        target[i] = label
                        hasMistake = hasMistake || label == LabelTable.undeclared
                    }
                }
            }
            count = raw.labels.count
            if hasMistake { mistake = target.firstIndex(of: LabelTable.undeclared) }
        }
        if let mistake {
            throw DataError(
                path,
                "label \(raw.labels[mistake]) at (y \(mistake / raw.width), x \(mistake % raw.width)); the data set declares \(declared)",
                remedy: remedy(Int(raw.labels[mistake]))
                    ?? "correct the mask, or say what the number means: classes, map or ignore")
        }
        return LabelMap(height: raw.height, width: raw.width, labels: labels)
    }

    /// The numbers that have a meaning, as in `0…149 and 255`.
    public var declared: String {
        var ranges: [ClosedRange<Int>] = []
        for raw in table.indices where table[raw] != LabelTable.undeclared {
            if let last = ranges.last, last.upperBound == raw - 1 {
                ranges[ranges.count - 1] = last.lowerBound...raw
            } else {
                ranges.append(raw...raw)
            }
        }
        let words = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)…\($0.upperBound)" }
        guard let last = words.last else { return "nothing" }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " and " + last
    }
}
