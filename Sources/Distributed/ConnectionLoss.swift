import DenseKitTorch

/// An error that another process may have caused: one of a group or a store, and one with c10d's
/// text, as errors of backward passes have no type of their own.
enum ConnectionLoss {
    /// Another process did not come in time.
    case timeout
    /// The connection to another process is closed, or it has failed.
    case closed

    /// Nil for errors of other kinds.
    init?(of error: any Error) {
        let text = "\(error)"
        if text.contains("Timed out waiting") {
            self = .timeout
        } else if error is ProcessGroupError || text.contains("gloo/transport")
            || text.contains("Connection closed by peer")
        {
            self = .closed
        } else {
            return nil
        }
    }
}
