import DenseKitData
import DenseKitDistributed
import DenseKitTorch
import Foundation

/// The images of a data set that one of several processes evaluates, and the way to the results of
/// all images.
///
/// Image `i` belongs to process `i % processes.count`: every image is evaluated once, whatever the
/// numbers are. A process may have no image. Results come in the order of the data set, so that
/// what is computed from them equals the numbers of one process to the last bit:
///
///     let shard = EvaluationShard(of: dataset, over: options.processes)
///     let errors = try shard.results { index in try error(ofImage: index) }
///     return ErrorReport(mean: errors.reduce(0, +) / Double(errors.count))
public struct EvaluationShard: Sendable {
    /// The processes that share the images.
    public let processes: Processes
    /// The number of images of the data set.
    public let count: Int
    private let classCount: Int

    /// The images of `dataset` that this process evaluates.
    ///
    /// - Parameters:
    ///   - dataset: the same on all processes
    ///   - processes: that share its images
    public init(of dataset: any Dataset, over processes: Processes) {
        self.processes = processes
        count = dataset.count
        classCount = dataset.classes.count
    }

    /// The indices of this process's images, ascending.
    public var indices: StrideTo<Int> {
        stride(from: processes.rank, to: count, by: processes.count)
    }

    /// Whether image `index` belongs to this process.
    public func contains(_ index: Int) -> Bool { index % processes.count == processes.rank }

    /// Measures the images of this process, and returns what all processes measured.
    ///
    /// - Parameter measure: what is needed of an image, by its index in the data set. It does not
    ///   call other processes.
    /// - Returns: one value for each image of the data set, in its order, on every process
    /// - Throws: what `evaluate(_:)` throws, and `EncodingError` for values that cannot be encoded.
    public func results<Value: Codable>(_ measure: (_ index: Int) throws -> Value) throws -> [Value]
    {
        guard processes.count > 1 else { return try indices.map(measure) }
        let encoder = PropertyListEncoder()
        encoder.outputFormat = .binary  // floating-point numbers keep their bits
        let own = try evaluate { try encoder.encode(indices.map(measure)) }
        return try inOrder(
            processes.gather([UInt8](own)).map {
                try PropertyListDecoder().decode([Value].self, from: Data($0))
            })
    }

    /// Runs `body`, which evaluates the images of this process, and returns once all processes have
    /// evaluated theirs.
    ///
    /// - Parameter body: the work of this process. It does not call other processes.
    /// - Returns: the result of this process
    /// - Throws: what `body` throws; `OtherProcessError` where another process failed, `Interrupted`
    ///   where a signal stopped one, `DataError` where the processes have different data.
    public func evaluate<Result>(_ body: () throws -> Result) throws -> Result {
        try checkData()
        return try processes.onAll(body)
    }

    /// The images would not be shared as the processes believe.
    private func checkData() throws {
        let found = try processes.gather("\(count) images and \(classCount) classes")
        guard let other = found.firstIndex(where: { $0 != found[0] }) else { return }
        throw DataError(
            "data set", "has \(found[0]) on process 0, and \(found[other]) on process \(other)",
            remedy: "give all machines the same files and the same configuration")
    }

    /// The values of all images in the order of the data set.
    ///
    /// - Parameter parts: of each process the values of its images, in their order
    func inOrder<Value>(_ parts: [[Value]]) throws -> [Value] {
        for (rank, part) in parts.enumerated() {
            let images = (count - rank + parts.count - 1) / parts.count
            guard part.count == images else {
                throw ProcessGroupError(
                    "process \(rank) evaluated \(part.count) images instead of \(images)")
            }
        }
        return (0..<count).map { parts[$0 % parts.count][$0 / parts.count] }
    }
}
