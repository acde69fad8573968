import DenseKitData
import DenseKitDistributed
import Foundation

/// What each process knows of an iteration, put together to the record of the whole batch.
struct SharedRecord: Codable {
    /// Losses and metrics of the images of one process.
    var values: [IterationRecord.LoggedValue]
    /// The images of one process.
    var names: [String]
    /// Those that were replaced.
    var skipped: [Batch.Skipped]
    /// Whether the loss of the process is finite.
    var isFinite: Bool

    /// The record of the global batch, equal on all processes: means of the values, and the images
    /// of all.
    ///
    /// - Returns: the record, and the images of processes whose loss is not finite
    static func join(_ own: IterationRecord, isFinite: Bool, of processes: Processes) throws
        -> (record: IterationRecord, bad: [String])
    {
        guard processes.count > 1 else { return (own, isFinite ? [] : own.names) }
        let share = SharedRecord(
            values: own.values, names: own.names, skipped: own.skipped, isFinite: isFinite)
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let texts = try processes.gather(Array(encoder.encode(share)))
        let shares = try texts.map { try decoder.decode(SharedRecord.self, from: Data($0)) }
        var record = own
        record.values = means(shares.map(\.values))
        record.names = shares.flatMap(\.names)
        record.skipped = shares.flatMap(\.skipped)
        return (record, shares.filter { !$0.isFinite }.flatMap(\.names))
    }

    /// The means over all processes, by name; a process that lacks a value counts as 0.
    private static func means(_ shares: [[IterationRecord.LoggedValue]])
        -> [IterationRecord.LoggedValue]
    {
        var names: [String] = []
        var sums: [String: Double] = [:]
        for value in shares.joined() {
            if sums[value.name] == nil { names.append(value.name) }
            sums[value.name, default: 0] += value.value
        }
        return names.map {
            IterationRecord.LoggedValue(name: $0, value: sums[$0]! / Double(shares.count))
        }
    }
}
