import CDenseKitTorch

/// Processes that exchange tensors: Gloo for those on the CPU, NCCL for those on a GPU.
///
/// Every process of the group makes the same calls in the same order, with tensors of the same
/// shape and type. After an error the group is of no further use.
public final class ProcessGroup: @unchecked Sendable {  // immutable, used by one thread
    /// How elements of several processes become one.
    public enum Reduction: Int32, Sendable {
        /// Their sum.
        case sum = 0
        /// The smallest of them.
        case minimum = 1
        /// The largest of them.
        case maximum = 2
    }

    let handle: ct_group
    /// The index of this process, from 0.
    public let rank: Int
    /// The number of processes.
    public let size: Int
    private let explain: (@Sendable (ProcessGroupError) -> any Error)?

    /// Whether this build can exchange tensors on the CPU.
    public static var hasGloo: Bool { ct_has_gloo() }

    /// Joins a group; returns once all processes have.
    ///
    /// - Parameters:
    ///   - store: of all processes
    ///   - name: of the group; several may share a store
    ///   - rank: the index of this process, from 0
    ///   - size: the number of processes
    ///   - address: under which the others reach this process; nil for that of its host's name
    ///   - device: of the tensors; a group for a GPU also takes tensors on the CPU
    ///   - timeout: how long a collective waits for another process, in seconds
    ///   - explain: turns an error of a call into the one that the call throws; for who knows why
    ///     other processes do not answer
    /// - Throws: `ProcessGroupError` where a process does not come, and where this build cannot
    ///   exchange tensors on `device`.
    public init(
        _ store: ProcessStore, name: String, rank: Int, size: Int, address: String? = nil,
        device: Device = .cpu, timeout: Double,
        explain: (@Sendable (ProcessGroupError) -> any Error)? = nil
    ) throws {
        var made: ct_group?
        let status = ct_group_open(
            store.handle, store.prefix + name, Int32(rank), Int32(size), address, device.type,
            milliseconds(timeout), &made)
        guard status == 0, let made else {
            let reason = String(cString: ct_last_error())
            let error = ProcessGroupError(
                "process \(rank) of \(size) cannot join the others: \(reason)")
            throw explain?(error) ?? error
        }
        handle = made
        self.rank = rank
        self.size = size
        self.explain = explain
    }

    deinit { ct_group_release(handle) }

    /// The number of collectives that this process has started, those of a `GradientReducer` and of
    /// normalisations included: a process that others wait for has started fewer.
    public var calls: Int { Int(ct_group_calls(handle)) }

    /// Replaces `tensor` by the sum, minimum or maximum over all processes.
    public func allReduce(_ tensor: Tensor, _ reduction: Reduction = .sum) throws {
        try check("all-reduce") { ct_group_all_reduce(handle, tensor.handle, reduction.rawValue) }
    }

    /// Replaces `tensor` by that of process `root`.
    public func broadcast(_ tensor: Tensor, from root: Int = 0) throws {
        try check("broadcast") { ct_group_broadcast(handle, tensor.handle, Int32(root)) }
    }

    /// The tensors of all processes, in the order of ranks. `[…] → [[…]]`
    public func allGather(_ tensor: Tensor) throws -> [Tensor] {
        var made = [ct_tensor?](repeating: nil, count: size)
        try check("all-gather") {
            made.withUnsafeMutableBufferPointer {
                ct_group_all_gather(handle, tensor.handle, $0.baseAddress)
            }
        }
        return made.compactMap { $0.map(Tensor.init(owning:)) }
    }

    /// The bytes of all processes, in the order of ranks; they may differ in number.
    public func allGather(bytes: [UInt8]) throws -> [[UInt8]] {
        let count = try Tensor.from([Int64(bytes.count)])
        let counts = try allGather(count).map { Int(try $0.item()) }
        let longest = max(counts.max() ?? 0, 1)
        let padded = bytes + [UInt8](repeating: 0, count: longest - bytes.count)
        let parts = try allGather(Self.tensor(padded))
        return try zip(parts, counts).map { part, count in
            let all = try part.bytes()
            return Array(all.prefix(count))
        }
    }

    /// The bytes of process `root`, on every process.
    public func broadcast(bytes: [UInt8], from root: Int = 0) throws -> [UInt8] {
        let count = try Tensor.from([Int64(bytes.count)])
        try broadcast(count, from: root)
        let length = Int(try count.item())
        guard length > 0 else { return [] }
        let tensor = try Self.tensor(
            rank == root ? bytes : [UInt8](repeating: 0, count: length))
        try broadcast(tensor, from: root)
        return try tensor.bytes()
    }

    /// Waits until every process has come here.
    public func barrier() throws { try allReduce(Tensor.zeros([1])) }

    /// Sends `tensor` to process `rank`, which receives it with the same tag.
    public func send(_ tensor: Tensor, to rank: Int, tag: Int = 0) throws {
        try check("send") { ct_group_send(handle, tensor.handle, Int32(rank), Int32(tag)) }
    }

    /// Replaces `tensor` by one that process `rank` sends.
    public func receive(_ tensor: Tensor, from rank: Int, tag: Int = 0) throws {
        try check("receive") { ct_group_receive(handle, tensor.handle, Int32(rank), Int32(tag)) }
    }

    /// Bytes as a tensor on the CPU, `[n]` uint8.
    private static func tensor(_ bytes: [UInt8]) throws -> Tensor {
        try bytes.withUnsafeBytes { try .from(bytes: $0, shape: [bytes.count], dtype: .uint8) }
    }

    private func check(_ call: StaticString, _ status: () -> Int32) throws {
        guard status() == 0 else {
            let reason = String(cString: ct_last_error())
            let error = ProcessGroupError(
                "process \(rank) of \(size): \(call) with the other processes failed: \(reason)",
                remedy: "another process has ended or does not answer; its own log says why")
            throw explain?(error) ?? error
        }
    }
}
