/// Which numbers masks hold, where a data set comes with the one and its benchmark uses the other.
public enum LabelNumbers: String, Codable, Sendable, CaseIterable {
    /// The classes of the benchmark, counted through.
    case trainIDs = "train_ids"
    /// The data set's own numbers, as downloaded.
    case ids
}
