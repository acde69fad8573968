import DenseKitErrors
import Foundation

/// Which of several machines this one is, and where the first one is found. Each machine has a
/// launcher of its own, which starts the same number of processes.
public struct LaunchNodes: Sendable, Equatable {
    /// The number of machines.
    public let count: Int
    /// The number of this machine, from 0. The launcher of machine 0 keeps the store open.
    public let rank: Int
    /// The name or address of machine 0, as all others reach it.
    public let masterHost: String
    /// The port of the store on machine 0; 0 for any free one, where there is one machine.
    public let masterPort: Int

    /// One machine.
    public static let one = LaunchNodes(
        count: 1, rank: 0, masterHost: ProcessEnvironment.alone.masterHost, masterPort: 0)

    private init(count: Int, rank: Int, masterHost: String, masterPort: Int) {
        self.count = count
        self.rank = rank
        self.masterHost = masterHost
        self.masterPort = masterPort
    }

    /// The machines that arguments name, else the variables `NNODES`, `NODE_RANK`, `MASTER_ADDR`
    /// and `MASTER_PORT` (or `PORT`); one machine where neither does.
    ///
    /// - Parameters:
    ///   - count: the number of machines; nil for `NNODES`, else one
    ///   - rank: the number of this machine, from 0; nil for `NODE_RANK`
    ///   - master: machine 0 as `HOST:PORT` or `HOST`; nil for the variables. The port is 29500
    ///     where none is named.
    ///   - variables: the environment; by default that of this process
    /// - Throws: `ProcessEnvironmentError` where there are several machines and the number of this
    ///   one or the first one is missing, and the other way round.
    public init(
        count: Int? = nil, rank: Int? = nil, master: String? = nil,
        variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ProcessEnvironmentError) {
        let variables = EnvironmentVariables(variables)
        let counted = try variables.number(
            "NNODES", "the number of machines", in: 1...EnvironmentVariables.maximum)
        let numbered = try variables.number("NODE_RANK", "the number of this machine, from 0")
        guard let nodes = count ?? counted else {
            let found: [(name: String, isSet: Bool)] = [
                ("\(Term.nodeRank)", rank != nil), ("\(Term.master)", master != nil),
                ("NODE_RANK", numbered != nil),
            ]
            if let first = found.first(where: \.isSet) {
                throw Self.missing("NNODES", "\(Term.nodes)", "\(first.name) is")
            }
            self = .one
            return
        }
        let reason = "there are \(nodes) machines"
        guard let rank = rank ?? numbered ?? (nodes == 1 ? 0 : nil) else {
            throw Self.missing("NODE_RANK", "\(Term.nodeRank)", reason)
        }
        guard 0..<nodes ~= rank else {
            throw ProcessEnvironmentError.tooLarge(
                "NODE_RANK or \(Term.nodeRank)", rank, "the number of machines", nodes)
        }
        guard nodes > 1 else {
            self = .one
            return
        }
        let (host, port) = try Self.master(master, variables, reason)
        self.init(count: nodes, rank: rank, masterHost: host, masterPort: port)
    }

    private static func master(
        _ text: String?, _ variables: EnvironmentVariables, _ reason: String
    ) throws(ProcessEnvironmentError) -> (host: String, port: Int) {
        if let text {
            // [::1]:29500 is an address of IPv6 with a port.
            guard let match = text.wholeMatch(of: /(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::(\d+))?/),
                let host = match.1 ?? match.2,
                let port = match.3.map({ Int($0) }) ?? ProcessEnvironment.defaultPort,
                EnvironmentVariables.ports ~= port
            else {
                throw ProcessEnvironmentError(
                    variable: "\(Term.master)",
                    problem: "expected HOST:PORT with a port of 1…65535, found '\(text)'",
                    remedy: "name the machine with number 0 and a port that is free there")
            }
            return (String(host), port)
        }
        guard let host = variables["MASTER_ADDR"] else {
            throw missing("MASTER_ADDR", "\(Term.master)", reason)
        }
        let meaning = "a port that is free on machine 0"
        for name in ["MASTER_PORT", "PORT"] {
            let port = try variables.number(name, meaning, in: EnvironmentVariables.ports)
            if let port { return (host, port) }
        }
        return (host, ProcessEnvironment.defaultPort)
    }

    private static func missing(
        _ variable: String, _ term: String, _ reason: String
    ) -> ProcessEnvironmentError {
        ProcessEnvironmentError(
            variable: variable, problem: "is not set, but \(reason)",
            remedy: "Set it, or give \(term).")
    }
}
