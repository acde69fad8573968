import DenseKitData

/// What one iteration gave.
public struct IterationRecord: Codable, Sendable {
    /// A loss or another number for the log, by its name.
    public struct Figure: Codable, Sendable {
        public let name: String
        public internal(set) var value: Double
    }

    public var learningRates: [Double] = []
    /// Losses and metrics in the order in which they came.
    public internal(set) var values: [Figure] = []
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

    /// The sum of the terms that are minimised; nil where no step was taken yet.
    public var loss: Double? { values.last { $0.name == "loss" }?.value }
}

/// The best validation so far.
public struct BestScore: Codable, Sendable, Equatable {
    public let metric: String
    /// In percent.
    public let value: Double
    public let iteration: Int
}
