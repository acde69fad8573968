import DenseKitErrors

extension Processes {
    /// Runs `body` on every process, each for itself, and returns once all are done. Where it fails
    /// on one, all throw: that process the error itself, the others its text with the rank of the
    /// process. Where a signal stopped one, the others throw `Interrupted`, too.
    ///
    /// In `body`, no process calls the others: they would wait for one that has failed.
    ///
    /// - Parameter body: the work of this process
    /// - Returns: the result of this process
    /// - Throws: what `body` throws, and `OtherProcessError` where it failed on another process.
    public func onAll<Result>(_ body: () throws -> Result) throws -> Result {
        let result = Swift.Result(catching: body)
        guard group != nil else { return try result.get() }
        let outcomes: [Outcome]
        do {
            outcomes = try gather(Outcome(result).bytes).map(Outcome.init)
        } catch {
            // What failed here comes first: it may be why the others are gone.
            _ = try result.get()
            throw error
        }
        let value = try result.get()
        let failures = outcomes.enumerated().compactMap { rank, outcome in
            outcome.problem.map { (rank: rank, problem: $0) }
        }
        if let first = failures.first {
            throw OtherProcessError(
                rank: first.rank, error: first.problem, failures: failures.count)
        }
        if let signal = outcomes.lazy.compactMap(\.signal).first {
            throw Interrupted(signal: signal)
        }
        return value
    }

    /// How the work of a process ended, as it tells the others.
    private struct Outcome {
        /// The text of the error; nil where there was none.
        var problem: String?
        /// The signal that stopped the process; nil where none did.
        var signal: Int32?

        init(_ result: Result<some Any, any Error>) {
            guard case .failure(let error) = result else { return }
            if let stop = error as? Interrupted {
                signal = stop.signal
            } else {
                problem = "\(error)"
            }
        }

        init(_ bytes: [UInt8]) {
            guard let kind = bytes.first else { return }
            let rest = bytes.dropFirst()
            if kind == Self.interrupted {
                signal = rest.first.map(Int32.init)
            } else {
                problem = String(decoding: rest, as: UTF8.self)
            }
        }

        /// Empty for success.
        var bytes: [UInt8] {
            if let signal { return [Self.interrupted, UInt8(signal)] }
            return problem.map { [Self.failed] + Array($0.utf8) } ?? []
        }

        private static let failed: UInt8 = 1
        private static let interrupted: UInt8 = 2
    }
}
