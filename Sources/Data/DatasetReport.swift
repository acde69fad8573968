import Foundation
import Synchronization
import Vision

/// What a walk through a whole data set found: `densekit check`.
public struct DatasetReport: Sendable {
    /// Samples read without an error.
    public internal(set) var readable = 0
    /// Pixels of each class.
    public internal(set) var pixels: [Int]
    /// Things of each class, crowds left out; empty for a data set of labelled pixels.
    public internal(set) var things: [Int] = []
    /// Regions of crowds.
    public internal(set) var crowds = 0
    /// Samples in which each class occurs.
    public internal(set) var occurrences: [Int]
    /// Pixels without a class.
    public internal(set) var ignored = 0
    /// How many pictures have each size.
    public internal(set) var sizes: [Size: Int] = [:]
    /// The first image of each size, by its place in the data set.
    public internal(set) var examples: [Size: Int] = [:]
    /// How many pictures have each trait.
    public internal(set) var traits: [ImageTraits: Int] = [:]
    /// What is odd about the set as a whole and harms nothing.
    public let remarks: [String]
    /// Everything wrong, in the order of the samples.
    public internal(set) var problems: [String] = []

    private init(_ dataset: any Dataset) {
        pixels = Array(repeating: 0, count: dataset.classes.count)
        occurrences = pixels
        remarks = dataset.remarks.map(\.description)
    }

    /// Reads every sample of `dataset` on `threads` threads.
    ///
    /// - Parameter progress: called now and then with the number of samples read, on any thread.
    public static func check(
        _ dataset: any Dataset, threads: Int = 2, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> DatasetReport {
        let next = Atomic(0)
        let found = Mutex((report: DatasetReport(dataset), problems: [(index: Int, text: String)]()))
        let threads = min(max(threads, 1), max(dataset.count, 1))
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < dataset.count else { return }
                let sample = Result { try dataset.sample(at: index) }
                let counts = (try? sample.get()).map { Counts($0, classes: dataset.classes.count) }
                found.withLock { found in
                    switch sample {
                    case .success(let sample): found.report.add(sample, counts, index)
                    case .failure(let error): found.problems.append((index, "\(error)"))
                    }
                }
                progress(index + 1)
            }
        }
        return found.withLock { found in
            var report = found.report
            report.problems += found.problems.sorted { $0.index < $1.index }.map(\.text)
            return report
        }
    }

    private mutating func add(_ sample: Sample, _ counts: Counts?, _ index: Int) {
        readable += 1
        sizes[sample.originalSize, default: 0] += 1
        examples[sample.originalSize] = min(examples[sample.originalSize] ?? index, index)
        for (trait, _) in ImageTraits.names where sample.traits.contains(trait) { traits[trait, default: 0] += 1 }
        if let instances = sample.instances { add(instances) }
        guard let counts else { return }
        ignored += counts.ignored
        for (label, count) in counts.pixels.enumerated() where count > 0 {
            pixels[label] += count
            occurrences[label] += 1
        }
    }

    private mutating func add(_ instances: [Instance]) {
        if things.isEmpty { things = Array(repeating: 0, count: pixels.count) }
        crowds += instances.count { $0.isCrowd }
        let labels = instances.filter { !$0.isCrowd }.map(\.label)
        for label in labels { things[label] += 1 }
        for label in Set(labels) { occurrences[label] += 1 }
    }

    /// Classes that no sample has.
    public func absentClasses(_ classes: ClassList) -> [String] {
        zip(classes.names, occurrences).filter { $0.1 == 0 }.map(\.0)
    }

    /// The pixels of one sample.
    private struct Counts {
        var pixels: [Int]
        var ignored = 0

        init(_ sample: Sample, classes: Int) {
            pixels = Array(repeating: 0, count: classes)
            var sample = sample
            guard let histogram = sample.labels?.histogram() else { return }
            ignored = histogram[Int(LabelMap.ignore)]
            pixels = Array(histogram.prefix(classes))
        }
    }
}
