import DenseKitTorch

extension Processes {
    /// How long to wait for other processes, in seconds.
    public struct Timeouts: Sendable, Equatable {
        /// For all to come at the start.
        public var join = 60.0
        /// For a sign of life of a process.
        public var heartbeat = 60.0
        /// For the others in a collective, such as an average of gradients.
        public var collective = 1800.0

        /// 60 seconds for the start and a sign of life, 30 minutes for a collective.
        public init() {}
    }

    /// Joins the processes that this one was started with, once, and makes them `current`; `alone`
    /// where nothing has started several.
    ///
    /// - Parameters:
    ///   - environment: what the launcher says; nil reads it from the environment
    ///   - device: that this process computes on
    ///   - timeouts: how long to wait for the others
    /// - Throws: `ProcessEnvironmentError` for half an environment, `ProcessGroupError` where a
    ///   process does not come.
    @discardableResult
    public static func join(
        _ environment: ProcessEnvironment? = nil, device: Device = .cpu,
        timeouts: Timeouts = Timeouts()
    ) throws -> Processes {
        let joined = current
        guard joined.count == 1 else { return joined }
        let environment = try environment ?? ProcessEnvironment()
        guard environment.worldSize > 1 else { return .alone }
        let store = try ProcessStore(
            host: environment.masterHost, port: environment.masterPort,
            isServer: environment.rank == 0 && !environment.storeIsHosted,
            prefix: "attempt-\(environment.restartCount)/", timeout: timeouts.join)
        let processes = try Processes(
            store, rank: environment.rank, count: environment.worldSize,
            localRank: environment.localRank, device: device, timeouts: timeouts)
        processes.makeCurrent()
        return processes
    }
}
