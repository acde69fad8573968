import DenseKitData
import DenseKitDistributed
import DenseKitTorch
import DenseKitVision
import SeveralProcesses
import Testing

@testable import DenseKitEvaluation

/// The images of a process, and what comes together of all of them.
@Suite struct EvaluationShardTests {
    @Test(arguments: [1, 2, 3, 4, 9])
    func everyImageBelongsToOneProcess(count: Int) throws {
        let shards = try withProcesses(count) { processes in
            let shard = EvaluationShard(of: ColouredNoise(), over: processes)
            #expect((0..<7).filter(shard.contains) == Array(shard.indices))
            return Array(shard.indices)
        }
        #expect(shards.flatMap { $0 }.sorted() == Array(0..<7))
        let sizes = shards.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }

    /// Values whose bits a text would lose.
    private struct Measured: Codable, Sendable {
        var sum: Double
        var share: Float
        var count: Int
        var name: String?

        init(_ index: Int) {
            let sums = [0.1 + 0.2, -0.0, .nan, .infinity, .leastNonzeroMagnitude, -1e308, 1 / 3]
            sum = sums[index]
            share = [1 / 3, -0.0, .leastNonzeroMagnitude, 16_777_216, 0.1, .infinity, 3][index]
            count = [0, -1, .max, .min, 1 << 53 + 1, 7, 8][index]
            name = index % 2 == 0 ? nil : "ä \(index)"
        }

        var bits: String { "\(sum.bitPattern) \(share.bitPattern) \(count) \(name ?? "-")" }
    }

    @Test(arguments: [1, 2, 3, 9])
    func resultsComeInTheOrderOfTheImagesWithAllTheirBits(count: Int) throws {
        let expected = (0..<7).map { Measured($0).bits }
        let found = try withProcesses(count) { processes in
            let shard = EvaluationShard(of: ColouredNoise(), over: processes)
            return try shard.results { Measured($0) }.map(\.bits)
        }
        for bits in found { #expect(bits == expected) }
    }

    @Test func anErrorInOneImageIsThrownOnAll() throws {
        struct Dark: Error, CustomStringConvertible { let description = "image 5 is dark" }
        let found = try withProcesses(2) { processes in
            let shard = EvaluationShard(of: ColouredNoise(), over: processes)
            do {
                _ = try shard.results { index in
                    if index == 5 { throw Dark() }
                    return index
                }
                return "nothing"
            } catch {
                return "\(error)"
            }
        }
        #expect(found == ["process 1 failed: image 5 is dark", "image 5 is dark"])
    }

    @Test func aResultThatIsMissingIsNoticed() throws {
        let shard = EvaluationShard(of: ColouredNoise(), over: .alone)
        #expect(try shard.inOrder([[0, 2, 4, 6], [1, 3, 5]]) == Array(0..<7))
        let error = try #require(throws: ProcessGroupError.self) {
            try shard.inOrder([[0, 2, 4, 6], [1, 3]])
        }
        #expect("\(error)" == "process 1 evaluated 2 images instead of 3")
    }

    private func detections() throws -> [ImageDetections] {
        let size = Size2D(height: 5, width: 4)
        let box = BoundingBox(x1: -0.0, y1: 0.1, x2: .infinity, y2: .leastNonzeroMagnitude)
        let mask = try RunLengthMask(counts: [0, 3, 9, 0, 8], size: size)
        return [
            ImageDetections(name: "ä/1.jpg", size: size, instances: []),
            ImageDetections(
                name: "", size: size,
                instances: [
                    DetectedInstance(box: box, label: 70_000, score: 1 / 3, mask: mask),
                    DetectedInstance(box: box, label: -1, score: nil, isCrowd: true),
                ]),
        ]
    }

    @Test func detectionsKeepTheirBits() throws {
        let images = try detections()
        var writer = DetectionWriter()
        for image in images { writer.add(image) }
        var reader = DetectionReader(bytes: writer.bytes)
        let found = try reader.images()
        #expect(found == images)
        #expect(found[1].instances[0].box.x1.sign == .minus)
        #expect(found[1].instances[0].mask?.counts == [0, 3, 9, 0, 8])
    }

    @Test func detectionsThatAreCutOffAreRefused() throws {
        var writer = DetectionWriter()
        for image in try detections() { writer.add(image) }
        let first = 8 + "ä/1.jpg".utf8.count + 24
        for length in 1..<writer.bytes.count where length != first {
            var reader = DetectionReader(bytes: Array(writer.bytes[..<length]))
            #expect(throws: ProcessGroupError.self, "\(length)") { try reader.images() }
        }
    }
}
