import DenseKitVision

/// Maps the numbers in label files to classes: each is a class, ignored in training, or undeclared,
/// which is an error.
public struct LabelTable: Sendable, Equatable {
    /// Marks numbers that the data set does not declare.
    private static let undeclared = UInt16.max - 1
    /// The largest number of classes, 65534.
    public static let maximumClasses = Int(undeclared)

    private var table: [UInt16]

    /// A table in which the numbers `first ..< first + classes` are the classes 0, 1, …; all others
    /// are undeclared.
    ///
    /// - Parameters:
    ///   - classes: at most `maximumClasses`
    ///   - first: the number of class 0 in the files
    public init(classes: Int, first: Int = 0) {
        precondition(
            (0...LabelTable.maximumClasses).contains(classes) && first >= 0,
            "classes have to fit in 16 bits")
        table = Array(repeating: LabelTable.undeclared, count: 1 << 16)
        for number in 0..<classes where number + first < table.count {
            table[number + first] = UInt16(number)
        }
    }

    /// Maps the number `raw` to class `label`, or to `LabelMap.ignore` where it is nil. Numbers
    /// outside 0…65535 have no effect.
    public mutating func declare(_ raw: Int, as label: Int?) {
        guard table.indices.contains(raw) else { return }
        table[raw] = label.map { UInt16($0) } ?? LabelMap.ignore
    }

    /// Makes every number undeclared.
    public mutating func undeclareAll() {
        table = Array(repeating: LabelTable.undeclared, count: 1 << 16)
    }

    /// The numbers that are mapped to a class, ascending, each with its class.
    public var classNumbers: [(number: Int, label: Int)] {
        table.indices.compactMap { number in
            let label = table[number]
            return label == LabelTable.undeclared || label == LabelMap.ignore
                ? nil : (number, Int(label))
        }
    }

    /// The label map `raw` with its numbers mapped to classes.
    ///
    /// - Parameters:
    ///   - raw: the numbers as the file has them
    ///   - path: the label file, for the error
    ///   - remedy: what the user can do about an undeclared number; nil for general advice
    /// - Throws: `DataError` with the first pixel whose number is undeclared.
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

    /// The declared numbers as text for messages: `0…149 and 255`.
    public var declared: String {
        var ranges: [ClosedRange<Int>] = []
        for raw in table.indices where table[raw] != LabelTable.undeclared {
            if let last = ranges.last, last.upperBound == raw - 1 {
                ranges[ranges.count - 1] = last.lowerBound...raw
            } else {
                ranges.append(raw...raw)
            }
        }
        let words = ranges.map {
            $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)…\($0.upperBound)"
        }
        guard let last = words.last else { return "nothing" }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " and " + last
    }
}
