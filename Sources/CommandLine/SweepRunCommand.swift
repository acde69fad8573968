import ArgumentParser
import DenseKitCore
import Foundation

/// `train` as `densekit sweep` starts it: it ends with the sweep, and leaves the reason where it
/// fails.
struct SweepRunCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "sweep-run",
            abstract: "Train one run of a sweep, for the process that trains the sweep.",
            shouldDisplay: false)
    }

    @OptionGroup var train: TrainCommand<List>

    @Option(help: "The process of the sweep.")
    var parent: Int32

    func run() throws {
        // Schedulers may signal every process of a job, and the sweep signals this one too.
        Interruption.watch(patiently: true)
        // One of several processes of the run ends with their launcher, which is this command too.
        let isLaunched = try train.processes.environment(with: train.compute).launcher == .densekit
        if !isLaunched { endWithSweep() }
        do {
            try train.run()
        } catch let stop as Interrupted {
            throw stop
        } catch {
            if let folder = train.workDir, !isLaunched {
                let reason = (error as? LaunchFailure)?.reason ?? "\(error)"
                try SweepRun.write(failure: reason, in: folder)
            }
            throw error
        }
    }

    private func endWithSweep() {
        let parent = parent
        Thread.detachNewThread {
            while getppid() == parent { usleep(50_000) }
            // as if it had been killed with the sweep: checkpoints are whole at every moment
            _exit(128 + SIGKILL)
        }
    }
}
