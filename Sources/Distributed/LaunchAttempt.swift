import DenseKitErrors
import Foundation

/// One attempt to run all processes of a launch to their end.
final class LaunchAttempt {
    enum Outcome {
        case finished
        case interrupted(Interrupted)
        /// The process that failed first, the others of this machine that failed, and whether no
        /// other attempt is possible.
        case failed(RankFailure, others: [RankFailure], isFinal: Bool)
    }

    private let launch: Launch
    private let number: Int
    private let port: Int
    private let rendezvous: any Rendezvous
    /// A folder for the files of the processes, deleted by the caller.
    private let temporary: String

    private var processes: [LaunchedProcess] = []
    private var forwarded: [Int32] = []
    private let clock = ContinuousClock()
    /// When the first failure was seen; nil before.
    private var failedSince: ContinuousClock.Instant?
    /// Why the launchers of the other machines cannot be asked any more.
    private var cutOff: (any Error)?
    private var nextListening: ContinuousClock.Instant?
    /// Signals that the launcher has sent to those that did not end by themselves.
    private var sent: Set<Int32> = []

    init(
        _ launch: Launch, number: Int, port: Int, rendezvous: any Rendezvous, temporary: String
    ) {
        self.launch = launch
        self.number = number
        self.port = port
        self.rendezvous = rendezvous
        self.temporary = temporary
    }

    func run() throws -> Outcome {
        // Where an error is thrown, no process may stay.
        defer { for process in processes { process.kill() } }
        try start()
        while processes.contains(where: \.isAlive) {
            for process in processes { process.look() }
            forward()
            noticeFailures()
            endTheLate()
            usleep(20_000)
        }
        for process in processes { process.removeEmptyLog() }
        let announced = asked {
            try rendezvous.waitForAll(attempt: number, timeout: timeToMeet)
            return try rendezvous.failure(ofAttempt: number)
        }
        // What has failed here says more than that no other machine answers.
        if let cutOff, failures.isEmpty { throw cutOff }
        return outcome(announced: announced ?? nil)
    }

    /// What the launchers of the other machines say; nil where they do not answer, and where there
    /// are none.
    @discardableResult private func asked<Answer>(_ body: () throws -> Answer) -> Answer? {
        guard isAmongSeveral, cutOff == nil else { return nil }
        do {
            return try body()
        } catch {
            cutOff = error
            launch.tell("\(error)")
            return nil
        }
    }

    /// How long to wait for the launchers of the other machines, in seconds: after a failure the
    /// time in which they end their processes, and some more; else that of the last work of rank 0.
    private var timeToMeet: Double {
        guard failedSince != nil else { return 3600 }
        return (launch.grace + launch.graceAfterTerm) / .seconds(1) + 20
    }

    private var isAmongSeveral: Bool { launch.nodes.count > 1 }

    private func start() throws {
        let arguments = try launch.arguments(number)
        for localRank in 0..<launch.processes {
            let rank = launch.nodes.rank * launch.processes + localRank
            let errorFile = "\(temporary)/rank_\(rank).\(number).json"
            let log =
                rank == 0
                ? nil : "\(launch.logFolder ?? temporary)/rank_\(rank).log"
            processes.append(
                try LaunchedProcess(
                    launch.executable, arguments,
                    variables: launch.variables.merging(
                        variables(rank, localRank, errorFile: errorFile)
                    ) { $1 },
                    rank: rank, localRank: localRank, log: log, keepsLog: launch.logFolder != nil,
                    errorFile: errorFile))
        }
    }

    private func variables(_ rank: Int, _ localRank: Int, errorFile: String) -> [String: String] {
        var variables = [
            "RANK": "\(rank)", "WORLD_SIZE": "\(launch.worldSize)", "LOCAL_RANK": "\(localRank)",
            "LOCAL_WORLD_SIZE": "\(launch.processes)", "MASTER_ADDR": launch.nodes.masterHost,
            "MASTER_PORT": "\(port)", "DENSEKIT_LAUNCHER": "1",
            ProcessEnvironment.restartVariable: "\(number)", ErrorFile.variable: errorFile,
        ]
        variables["OMP_NUM_THREADS"] = launch.threads.map(String.init)
        // c10d warns of what a user cannot change; errors come as errors.
        for (name, level) in [("TORCH_CPP_LOG_LEVEL", "ERROR"), ("GLOG_minloglevel", "2")] {
            variables[name] = launch.variables[name] ?? level
        }
        return variables
    }

    /// Passes on each signal once.
    private func forward() {
        for signal in launch.signals() where !forwarded.contains(signal) {
            forwarded.append(signal)
            for process in processes { process.signal(signal) }
        }
    }

    private func noticeFailures() {
        guard failedSince == nil else { return }
        if let first = failures.first {
            failedSince = clock.now
            asked { try rendezvous.announce(first, attempt: number) }
        } else if isAmongSeveral, nextListening.map({ $0 <= clock.now }) ?? true {
            nextListening = clock.now + .milliseconds(500)
            let announced = asked { try rendezvous.failure(ofAttempt: number) }
            if announced != .some(nil) { failedSince = clock.now }
        }
    }

    /// Ends processes that did not notice the failure in time.
    private func endTheLate() {
        guard let failedSince else { return }
        let steps = [
            (SIGTERM, launch.grace), (SIGKILL, launch.grace + launch.graceAfterTerm),
        ]
        for (signal, time) in steps
        where clock.now >= failedSince + time && sent.insert(signal).inserted {
            let late = processes.filter(\.isAlive)
            guard !late.isEmpty else { return }
            let ranks = late.map { "\($0.rank)" }.joined(separator: ", ")
            launch.tell("still running after a failure, ended by \(signalName(signal)): \(ranks)")
            for process in late { process.end(by: signal) }
        }
    }

    /// Processes that failed by themselves, in the order of time; last those that ended because of
    /// another one.
    private var failures: [RankFailure] {
        let found = ended.filter { !$0.isEndedByLauncher && !isInterruption($0.end) }
        let consequence = ProcessEnd.exit(ProcessFailure.exitCode)
        return found.filter { $0.end != consequence } + found.filter { $0.end == consequence }
    }

    /// Those that did not end well, in the order of time.
    private var ended: [RankFailure] {
        processes.compactMap(\.failure).sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }
    }

    private func isInterruption(_ end: ProcessEnd) -> Bool {
        switch end {
        case .exit(let code):
            Interrupted(exitCode: code) != nil || forwarded.contains(code - 128)
        case .signal(let number): forwarded.contains(number)
        }
    }

    /// - Parameter announced: the first failure of all machines; nil where there is none
    private func outcome(announced: RankFailure?) -> Outcome {
        if let cause = announced ?? failures.first {
            let others = ended.filter { $0 != cause && !isInterruption($0.end) }
            return .failed(cause, others: others, isFinal: cutOff != nil)
        }
        let ends = processes.compactMap(\.end)
        for case .exit(let code) in ends {
            if let stop = Interrupted(exitCode: code) { return .interrupted(stop) }
        }
        for signal in forwarded where ends.contains(where: { $0.exitCode == 128 + signal }) {
            return .interrupted(Interrupted(signal: signal, isAtOnce: true))
        }
        // A process that has saved after SIGTERM ends as one that came to its end.
        return forwarded.contains(SIGTERM)
            ? .interrupted(Interrupted(signal: SIGTERM)) : .finished
    }
}
