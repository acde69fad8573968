import DenseKitData

/// What one iteration gave.
public struct IterationRecord: Codable, Sendable {
    /// A loss or another number for the log.
    public struct Figure: Codable, Sendable {
        public let name: String
        public internal(set) var value: Double
    }

    public var learningRates: [Double] = []
    /// Losses and figures in the order in which they came.
    public private(set) var values: [Figure] = []
    /// Seconds in all, and waiting for data.
    public var time = 0.0
    public var dataTime = 0.0
    /// The images.
    public var names: [String] = []
    /// Images in whose place others went, because they cannot be read. Not part of a checkpoint.
    public internal(set) var skipped: [Batch.Skipped] = []

    enum CodingKeys: CodingKey {
        case learningRates, values, time, dataTime, names
    }

    mutating func add(_ name: String, _ value: Double) {
        if let index = values.firstIndex(where: { $0.name == name }) {
            values[index].value += value
        } else {
            values.append(Figure(name: name, value: value))
        }
    }

    var isFinite: Bool { values.allSatisfy { $0.value.isFinite } }
}

/// The best validation so far.
public struct BestScore: Codable, Sendable, Equatable {
    public let metric: String
    /// In percent.
    public let value: Double
    public let iteration: Int
}
