import DenseKitDistributed
import DenseKitErrors
import Foundation

/// The exit code of a process that ends with `error`: 2 for a mistake in a configuration or a
/// golden case, `Interrupted.exitCode` after a signal, that of the process which failed first for a
/// `LaunchFailure`, `ProcessFailure.exitCode` where another process failed first, 1 for everything
/// else.
public func exitStatus(of error: any Error) -> Int32 {
    if let failure = error as? LaunchFailure { return failure.exitCode }
    if error is ProcessFailure { return ProcessFailure.exitCode }
    return switch ErrorOrigin(of: error) {
    case .configuration: 2
    case .interruption: (error as? Interrupted)?.exitCode ?? 1
    case .input, .environment, .program: 1
    }
}

/// Runs the body of a program and ends the process: with exit code 0 where it succeeded; else the
/// error is printed to standard error and the exit code is `exitStatus(of:)`.
///
///     runProgram {
///         let experiment = try Experiment("street.yaml")
///         try experiment.train()
///     }
public func runProgram(_ body: () throws -> Void) -> Never {
    do {
        try body()
        fflush(nil)
        exit(0)
    } catch {
        exitProgram(reporting: error)
    }
}

/// Flushes standard output, prints `error` to standard error, and ends the process with
/// `exitStatus(of:)`. An `Interrupted` is not printed. A process of several leaves the error for its
/// launcher (`ErrorFile`).
public func exitProgram(reporting error: any Error) -> Never {
    fflush(nil)
    let error = Processes.current.fail(error)
    if !(error is Interrupted) {
        ErrorFile.write("\(error)")
        try? FileHandle.standardError.write(contentsOf: Data("error: \(error)\n".utf8))
    }
    exit(exitStatus(of: error))
}
