/// An error of a collective that another process causes, recognised by c10d's text: errors of
/// backward passes have no type of their own.
enum ConnectionLoss {
    /// Another process did not come in time.
    case timeout
    /// The connection to another process is closed.
    case closed

    /// Nil for errors of other kinds.
    init?(of error: any Error) {
        let text = "\(error)"
        if text.contains("Timed out waiting") {
            self = .timeout
        } else if text.contains("gloo/transport") || text.contains("Connection closed by peer") {
            self = .closed
        } else {
            return nil
        }
    }
}
