import DenseKitTorch

extension Processes {
    /// Joins the processes that this one was started with, and makes them `current`; `alone` where
    /// nothing has started several. Further calls return what the first one found.
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
        if let joined { return joined }
        let environment = try environment ?? ProcessEnvironment()
        guard environment.worldSize > 1 else {
            alone.makeCurrent()
            return .alone
        }
        let place = placeOfStore(environment)
        let store = try ProcessStore(
            host: environment.masterHost, port: place.port,
            isServer: environment.rank == 0 && !place.isHosted,
            prefix: "attempt-\(environment.restartCount)/", timeout: timeouts.join)
        let processes = try Processes(
            store, rank: environment.rank, count: environment.worldSize,
            localRank: environment.localRank, device: device, timeouts: timeouts)
        processes.makeCurrent()
        // Schedulers and launchers both signal the processes of a job.
        Interruption.ignoreFurther()
        return processes
    }

    /// The port of the store, and whether the launcher keeps it open.
    ///
    /// The store of torchrun 2.x does not understand libtorch 1.x: rank 0 opens one at the port
    /// behind it then.
    private static func placeOfStore(_ environment: ProcessEnvironment) -> (
        port: Int, isHosted: Bool
    ) {
        let port = environment.masterPort
        guard environment.storeIsHosted, environment.launcher == .torchrun,
            Engine.version.hasPrefix("1.")
        else { return (port, environment.storeIsHosted) }
        let next = port + 1 + environment.restartCount
        return (next <= 65535 ? next : next - 32768, false)
    }
}
