import DenseKitComponents

/// How many images of a data set show each class, and each pair of classes together.
public struct CoOccurrence: Codable, Sendable, Hashable {
    /// The names of the k classes.
    public let classes: [String]
    /// The number of images counted.
    public private(set) var images = 0
    /// The number of images that show both classes, one row per class: `[k][k]`; on the diagonal,
    /// images that show the class.
    public private(set) var counts: [[Int]]

    private enum CodingKeys: String, CodingKey {
        case classes
        case images = "pictures"
        case counts
    }

    /// Zero counts for the classes of these names.
    public init(classes: [String]) {
        self.classes = classes
        counts = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
    }

    /// Counts one image.
    ///
    /// - Parameter present: the classes that occur in it, each once
    public mutating func add(_ present: [Int]) {
        images += 1
        for a in present { for b in present { counts[a][b] += 1 } }
    }

    /// The counts as n_ij / √(n_i n_j): symmetric, with ones on the diagonal and zeros for a class
    /// that never occurs; `[k · k]`, one row per class.
    public func normalized() -> [Float] {
        let own = counts.indices.map { Double(counts[$0][$0]) }
        return counts.indices.flatMap { i in
            counts.indices.map { j in
                if i == j { return 1 }
                return own[i] > 0 && own[j] > 0
                    ? Float(Double(counts[i][j]) / (own[i] * own[j]).squareRoot()) : 0
            }
        }
    }

    /// Why these counts do not fit the classes `names`; nil where they do.
    public func problem(for names: [String]) -> String? {
        guard classes == names else {
            return
                "counts \(classes.count) classes (\(classes.prefix(3).joined(separator: ", "))…), and the data set has "
                + "\(names.count) (\(names.prefix(3).joined(separator: ", "))…)"
        }
        guard counts.count == names.count, counts.allSatisfy({ $0.count == names.count }) else {
            return "has other than \(names.count) rows of \(names.count) counts"
        }
        for i in counts.indices {
            for j in counts.indices
            where counts[i][j] < 0 || counts[i][j] > counts[i][i] || counts[i][j] != counts[j][i] {
                return
                    "counts \(counts[i][j]) images with '\(names[i])' and '\(names[j])', the other way round \(counts[j][i]), and "
                    + "\(counts[i][i]) with '\(names[i])'"
            }
        }
        return nil
    }
}

private enum CoOccurrenceKey: BuildContextKey {
    static let defaultValue: (@Sendable () throws -> CoOccurrence)? = nil
}

extension BuildContext {
    /// Counts the co-occurrence of classes in the training images when it is called, for parts
    /// whose initial values depend on it; nil where no training begins, and weights are loaded
    /// instead.
    public var coOccurrence: (@Sendable () throws -> CoOccurrence)? {
        get { self[CoOccurrenceKey.self] }
        set { self[CoOccurrenceKey.self] = newValue }
    }
}
