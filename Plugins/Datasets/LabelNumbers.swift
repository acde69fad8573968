/// Which numbers the masks hold, for a data set whose own numbers differ from the classes of its
/// benchmark.
public enum LabelNumbers: String, Codable, Sendable, CaseIterable {
    /// The classes of the benchmark, numbered from 0 without gaps.
    case trainIDs = "train_ids"
    /// The data set's own numbers, as downloaded.
    case ids
}
