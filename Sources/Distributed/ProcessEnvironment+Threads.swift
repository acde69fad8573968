import DenseKitTorch
import Foundation

extension ProcessEnvironment {
    /// The number of threads for this process: `SLURM_CPUS_PER_TASK`, else the cores of the machine
    /// divided among its processes.
    ///
    /// - Parameters:
    ///   - variables: the environment; by default that of this process
    ///   - available: the cores that this process may use
    ///   - all: the cores of the machine
    /// - Returns: nil where there is one process, where `OMP_NUM_THREADS` says it, and where the
    ///   launcher has bound the process to some of the cores
    public func threads(
        _ variables: [String: String] = ProcessInfo.processInfo.environment,
        available: Int = Engine.availableProcessors,
        all: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    ) -> Int? {
        let variables = EnvironmentVariables(variables)
        guard worldSize > 1, variables["OMP_NUM_THREADS"] == nil else { return nil }
        if launcher == .slurm, let cores = variables["SLURM_CPUS_PER_TASK"].flatMap({ Int($0) }) {
            return max(1, min(available, cores))
        }
        guard available >= all, let localWorldSize else { return nil }
        return max(1, available / localWorldSize)
    }
}
