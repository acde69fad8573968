import DenseKitComponents
import DenseKitVision
import Foundation
import Synchronization

extension CoOccurrence {
    /// Counts the label maps of all samples of `dataset` on `threads` threads.
    ///
    /// - Parameters:
    ///   - dataset: with a label map for each sample
    ///   - threads: that read
    ///   - progress: called now and then with the number of maps read, on any thread
    /// - Throws: what reading the first unreadable label map throws, a `DataError` as a rule.
    public static func count(
        _ dataset: any Dataset, threads: Int, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> CoOccurrence {
        let classes = dataset.classes
        let next = Atomic(0)
        let found = Mutex(
            (
                counts: CoOccurrence(classes: classes.names),
                error: Optional<(index: Int, error: any Error)>.none
            ))
        let threads = min(max(threads, 1), max(dataset.count, 1))
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < dataset.count, found.withLock({ $0.error == nil }) else { return }
                let present = Result {
                    let histogram = try dataset.labels(at: index)?.histogram() ?? []
                    return histogram.prefix(classes.count).indices.filter { histogram[$0] > 0 }
                }
                found.withLock { found in
                    switch present {
                    case .success(let present): found.counts.add(present)
                    case .failure(let error):
                        if index < found.error?.index ?? .max { found.error = (index, error) }
                    }
                }
                progress(index + 1)
            }
        }
        return try found.withLock { found in
            if let error = found.error?.error { throw error }
            return found.counts
        }
    }
}
