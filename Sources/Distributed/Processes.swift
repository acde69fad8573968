import DenseKitErrors
import DenseKitTorch
import Synchronization

/// The processes that train or evaluate together, and the place of this one among them.
///
/// A program that was started several times, by `Launch`, torchrun or SLURM, joins the others once:
///
///     let processes = try Processes.join()
///
/// Everything that computes with several processes uses `Processes.current`. All its calls are made
/// by every process, in the same order; where there is one process, they do nothing.
public final class Processes: Sendable {
    /// The index of this process, from 0. Process 0 writes log and checkpoints.
    public let rank: Int
    /// The number of processes.
    public let count: Int
    /// The index of this process among those on its machine, from 0: of its GPU.
    public let localRank: Int
    /// The device that their tensors are exchanged on, besides the CPU.
    public let device: Device
    /// What all processes share; nil for one process.
    public let store: ProcessStore?
    /// The group of the calls below; nil for one process.
    public let group: ProcessGroup?
    /// The group that averages gradients, during backward passes; nil for one process.
    public let gradients: ProcessGroup?
    /// The group of the statistics of normalisations; nil for one process.
    public let statistics: ProcessGroup?
    /// What notices that others end or hang; nil for one process.
    let watch: ProcessWatch?

    /// One process.
    public static let alone = Processes()

    /// Nil until this process has joined others, or is known to be alone.
    private static let known = Mutex<Processes?>(nil)
    /// The processes that this one has joined; `alone` before.
    public static var current: Processes { joined ?? .alone }
    /// The same; nil before.
    static var joined: Processes? { known.withLock { $0 } }

    private init() {
        rank = 0
        count = 1
        localRank = 0
        device = .cpu
        store = nil
        group = nil
        gradients = nil
        statistics = nil
        watch = nil
    }

    /// Joins the other processes; returns once all are there.
    ///
    /// - Parameters:
    ///   - store: of all processes
    ///   - rank: the index of this process, from 0
    ///   - count: the number of processes
    ///   - localRank: the index among the processes of this machine, from 0
    ///   - device: that this process computes on
    ///   - timeouts: how long to wait for other processes
    /// - Throws: `ProcessGroupError` where a process does not come, with the ranks of those.
    public init(
        _ store: ProcessStore, rank: Int, count: Int, localRank: Int = 0, device: Device = .cpu,
        timeouts: Timeouts = Timeouts()
    ) throws {
        self.rank = rank
        self.count = count
        self.localRank = localRank
        self.device = device
        self.store = store
        let places = try Meeting.places(in: store, rank, of: count, timeout: timeouts.join)
        let isAmongMachines = Set(places.map(\.host)).count > 1
        let address = try OwnAddress.choose(towards: store.host, isAmongMachines: isAmongMachines)
        // Before the groups: a process may end while they are made.
        let watch = try timeouts.heartbeat.map { _ in
            try ProcessWatch(
                store, places: places, rank: rank, address: address, timeouts: timeouts)
        }
        self.watch = watch
        func group(_ name: String) throws -> ProcessGroup {
            do {
                return try ProcessGroup(
                    store, name: name, rank: rank, size: count, address: address, device: device,
                    timeout: timeouts.collective, explain: watch.map { $0.explained })
            } catch {
                watch?.publish(.threw, error: "\(error)")
                throw error
            }
        }
        let main = try group("main")
        self.group = main
        // In one group collectives pair up by the order in which they start, and that of gradients
        // may differ between processes. On GPUs a second communicator may block the first.
        let others: (gradients: ProcessGroup, statistics: ProcessGroup)
        if case .cuda = device {
            let shared = try group("gradients")
            others = (shared, shared)
        } else {
            others = (try group("gradients"), try group("statistics"))
        }
        gradients = others.gradients
        statistics = others.statistics
        watch?.count([main, others.gradients, others.statistics])
    }

    /// Makes these the processes that this one computes with.
    public func makeCurrent() { Self.known.withLock { $0 = self } }

    /// Tells whether tensors on a device can be exchanged.
    ///
    /// - Throws: `ProcessGroupError` where they cannot.
    public func check(_ device: Device) throws(ProcessGroupError) {
        guard count > 1, case .cuda = device else { return }
        if case .cuda = self.device { return }
        throw ProcessGroupError(
            "the processes have joined to compute on \(self.device), and this computes on \(device)",
            remedy: "join with the device: Processes.join(device: …)")
    }

    /// Whether this process writes log and checkpoints.
    public var isFirst: Bool { rank == 0 }
}

extension Processes {
    /// The sums of `values` over all processes. `[n] → [n]`; all have the same `n`.
    public func sum(_ values: [Double]) throws -> [Double] {
        try reduced(values, .sum)
    }

    /// The sums of `counts` over all processes, exactly. `[n] → [n]`; all have the same `n`.
    public func sum(_ counts: [Int]) throws -> [Int] {
        guard let group, !counts.isEmpty else { return counts }
        let tensor = try Tensor.from(counts.map(Int64.init))
        try group.allReduce(tensor)
        return try tensor.integers().map(Int.init)
    }

    /// The smallest of `values` of all processes, one by one. `[n] → [n]`; all have the same `n`.
    public func minimum(_ values: [Double]) throws -> [Double] {
        try reduced(values, .minimum)
    }

    private func reduced(_ values: [Double], _ reduction: ProcessGroup.Reduction) throws -> [Double]
    {
        guard let group, !values.isEmpty else { return values }
        let tensor = try values.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [values.count], dtype: .float64)
        }
        try group.allReduce(tensor, reduction)
        return try tensor.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
    }

    /// The bytes of all processes, in the order of ranks.
    public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        guard let group else { return [bytes] }
        return try group.allGather(bytes: bytes)
    }

    /// The texts of all processes, in the order of ranks.
    public func gather(_ text: String) throws -> [String] {
        try gather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of process 0, on every process.
    public func ofFirst(_ text: String) throws -> String {
        guard let group else { return text }
        let bytes = try group.broadcast(bytes: Array(text.utf8))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits until every process has come here.
    public func barrier() throws { try group?.barrier() }

    /// Runs `body` on process 0 alone, while the others wait. An error of it is thrown on all: the
    /// error itself on process 0, its text on the others.
    ///
    /// - Returns: the result on process 0; nil on the others
    public func onFirst<Result>(_ body: () throws -> Result) throws -> Result? {
        guard group != nil else { return try body() }
        let result = isFirst ? Swift.Result(catching: body) : nil
        var outcome = ""
        if case .failure(let error) = result { outcome = "failed: \(error)" }
        let text = try ofFirst(outcome)
        if let result { return try result.get() }
        guard text.isEmpty else {
            let error = String(text.dropFirst("failed: ".count))
            throw OtherProcessError(rank: 0, error: error, failures: 1)
        }
        return nil
    }
}
