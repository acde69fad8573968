import CDenseKitTorch

/// Receives from another process of a group, from the time that the value is made.
///
/// A thread that waits for it learns within milliseconds that the other process has ended, as its
/// connection is closed then.
public final class PendingReceive: @unchecked Sendable {  // c10d locks its state
    private let handle: ct_receive
    /// c10d needs it as long as the receive is pending.
    private let group: ProcessGroup

    /// Starts to receive into `tensor`.
    ///
    /// - Parameters:
    ///   - tensor: on the CPU; written to until the value is released
    ///   - group: one for tensors on the CPU
    ///   - rank: the process that sends
    ///   - tag: of what it sends
    public init(_ tensor: Tensor, over group: ProcessGroup, from rank: Int, tag: Int = 0) throws {
        var made: ct_receive?
        let status = ct_receive_start(
            group.handle, tensor.handle, Int32(rank), Int32(tag), &made)
        guard status == 0, let made else {
            throw ProcessGroupError(String(cString: ct_last_error()))
        }
        handle = made
        self.group = group
    }

    deinit { ct_receive_release(handle) }

    /// Waits for the tensor.
    ///
    /// - Parameter timeout: how long, in seconds
    /// - Returns: whether it has arrived; not after `cancel()`
    /// - Throws: `ProcessGroupError` where the connection to the other process is closed, and where
    ///   it sends nothing in time.
    public func wait(timeout: Double) throws -> Bool {
        var arrived = false
        guard ct_receive_wait(handle, milliseconds(timeout), &arrived) == 0 else {
            throw ProcessGroupError(String(cString: ct_last_error()))
        }
        return arrived
    }

    /// Ends a wait, which returns at once.
    public func cancel() {
        // A receive that has arrived or failed has nothing to cancel.
        _ = ct_receive_abort(handle)
    }
}
