import DenseKitVision
import Foundation
import Synchronization

/// The results of reading a whole data set: `densekit check`.
public struct DatasetReport: Sendable {
    /// The use of a data set, which decides what is a problem.
    public enum Part: Sendable {
        /// A set to train on, or one to evaluate on.
        case training, validation
    }

    /// What is checked.
    public struct Options: Sendable {
        /// The use of the data set; training by default.
        public var part = Part.training
        /// Whether masks of instances are trained or predicted: then every mask is drawn, and its
        /// problems are reported. Always true for a training set with masks.
        public var wantsMasks = false
        /// The number of samples to read, from the first; nil for all. Whether there is nothing to
        /// train on is only known from all.
        public var limit: Int?
        /// The share, 0…1, of images that training may skip (`data.bad_image: skip`); nil where it
        /// skips none.
        public var skippedShare: Double?

        /// A whole training set, without skipped images.
        public init() {}
    }

    /// The number of samples read without an error.
    public internal(set) var readable = 0
    /// The number of pixels of each class.
    public internal(set) var pixels: [Int]
    /// The number of instances of each class, without crowds; empty for a data set without
    /// instances.
    public internal(set) var instanceCounts: [Int] = []
    /// The number of regions on which nothing is trained: crowds, and, where masks are trained,
    /// instances without one.
    public internal(set) var crowds = 0
    /// The number of samples in which each class occurs.
    public internal(set) var occurrences: [Int]
    /// The number of pixels without a class.
    public internal(set) var ignored = 0
    /// The number of images of each size.
    public internal(set) var sizes: [Size2D: Int] = [:]
    /// The index of the first image of each size.
    public internal(set) var examples: [Size2D: Int] = [:]
    /// The number of images with each trait.
    public internal(set) var traits: [ImageTraits: Int] = [:]
    /// The data set's own warnings on the set as a whole.
    public let datasetWarnings: [String]
    /// Warnings on samples and annotations that do not stop a run: what, how many, the consequence,
    /// the first three examples.
    public internal(set) var warnings: [String] = []
    /// Everything that would stop training or make it useless: problems of samples in their order,
    /// then those of the set as a whole.
    public internal(set) var problems: [String] = []

    /// The places of samples that are a problem by themselves.
    var faulty: Set<Int> = []

    /// The share, 0…1, of pixels without a class in samples with labels; nil where there are no
    /// such pixels at all.
    public var ignoredShare: Double? {
        let all = pixels.reduce(ignored, +)
        return all == 0 ? nil : Double(ignored) / Double(all)
    }

    private init(_ dataset: any Dataset) {
        pixels = Array(repeating: 0, count: dataset.classes.count)
        occurrences = pixels
        datasetWarnings = dataset.warnings.map(\.description)
    }

    /// Reads every sample of `dataset` on `threads` threads.
    ///
    /// - Parameters:
    ///   - dataset: to read
    ///   - threads: that read
    ///   - options: what is looked for
    ///   - progress: called now and then with the number of samples read, on any thread
    public static func check(
        _ dataset: any Dataset, threads: Int = 2, options: Options = Options(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> DatasetReport {
        var options = options
        if options.part == .training, (dataset as? any InstanceDataset)?.hasMasks == true {
            options.wantsMasks = true
        }
        let wanted = options
        let next = Atomic(0)
        let count = min(options.limit ?? .max, dataset.count)
        let found = Mutex((report: DatasetReport(dataset), findings: SampleFindings()))
        let threads = min(max(threads, 1), max(count, 1))
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let seen = CheckedSample(dataset, index, wanted)
                found.withLock { found in
                    found.report.add(seen)
                    found.findings.add(seen)
                }
                progress(index + 1)
            }
        }
        return found.withLock { found in
            var report = found.report
            found.findings.tell(&report, dataset, options)
            return report
        }
    }

    private mutating func add(_ seen: CheckedSample) {
        guard case .success(let sample) = seen.sample else { return }
        readable += 1
        sizes[sample.originalSize, default: 0] += 1
        examples[sample.originalSize] = min(examples[sample.originalSize] ?? seen.index, seen.index)
        for (trait, _) in ImageTraits.names where sample.traits.contains(trait) {
            traits[trait, default: 0] += 1
        }
        if let instances = sample.instances { add(instances) }
        ignored += seen.ignoredPixels
        for (label, count) in (seen.pixels ?? []).enumerated() where count > 0 {
            pixels[label] += count
            occurrences[label] += 1
        }
    }

    private mutating func add(_ instances: [SampleInstance]) {
        if instanceCounts.isEmpty { instanceCounts = Array(repeating: 0, count: pixels.count) }
        crowds += instances.count { $0.isCrowd }
        let labels = instances.filter { !$0.isCrowd }.map(\.label)
        for label in labels { instanceCounts[label] += 1 }
        for label in Set(labels) { occurrences[label] += 1 }
    }

    /// The names of the classes that occur in no sample.
    public func absentClasses(_ classes: ClassList) -> [String] {
        zip(classes.names, occurrences).filter { $0.1 == 0 }.map(\.0)
    }
}

/// One sample with everything that is looked at, made without a lock.
struct CheckedSample: Sendable {
    let index: Int
    let sample: Result<DataSample, any Error>
    /// Of each class; nil for a sample without labels.
    let pixels: [Int]?
    let ignoredPixels: Int
    let annotations: AnnotationFindings?
    /// Why the annotations cannot be read.
    let annotationError: (any Error)?
    let palette: PaletteFindings.Use?

    init(_ dataset: any Dataset, _ index: Int, _ options: DatasetReport.Options) {
        self.index = index
        sample = Result { try dataset.sample(at: index) }
        var read = try? sample.get()
        let histogram = read?.labels?.histogram()
        pixels = histogram.map { Array($0.prefix(dataset.classes.count)) }
        ignoredPixels = histogram.map { $0[Int(LabelMap.ignore)] } ?? 0
        palette = dataset.maskPath(at: index).flatMap { PaletteFindings.Use($0) }
        guard let things = dataset as? any InstanceDataset,
            let size = read?.originalSize ?? things.size(at: index)
        else {
            annotations = nil
            annotationError = nil
            return
        }
        do {
            let name = read?.name ?? "\(things.imageID(at: index))"
            annotations = AnnotationFindings(
                try things.annotations(at: index, shapes: true), image: name, order: index, size,
                part: options.part,
                masks: options.wantsMasks)
            annotationError = nil
        } catch {
            annotations = nil
            annotationError = error
        }
    }
}
