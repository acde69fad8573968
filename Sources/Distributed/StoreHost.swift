import DenseKitTorch

/// The store at which processes meet, kept open by the launcher, so that no process takes it along
/// when it dies. It closes when it is released.
public protocol StoreHost: AnyObject {
    /// The port that it listens at.
    var port: Int { get }
}

extension ProcessStore: StoreHost {}
