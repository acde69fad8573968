import ArgumentParser
import DenseKitCore
import DenseKitVerification
import Foundation

/// The plugins that an executable is linked with.
public protocol PluginList: Sendable {
    static var plugins: [any Plugin] { get }
    /// What golden cases of `densekit verify` may ask for beside the procedures that know no method; none if left out.
    static var verification: [any VerificationPlugin] { get }
}

extension PluginList {
    public static var verification: [any VerificationPlugin] { [] }
}

/// The command line: `densekit SUBCOMMAND …`.
public struct Densekit<List: PluginList>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "densekit",
            abstract: "Dense prediction with language guidance: train, evaluate, look, from one YAML file.",
            version: "0.1.0",
            subcommands: [
                DemoCommand<List>.self, TrainCommand<List>.self, SweepCommand<List>.self, SweepRunCommand<List>.self,
                TestCommand<List>.self, InferCommand<List>.self, CheckCommand<List>.self, BrowseCommand<List>.self,
                CoOccurrenceCommand<List>.self, ShowCommand<List>.self, ReproduceCommand<List>.self,
                VerifyCommand<List>.self, ComponentsCommand<List>.self, NewCommand<List>.self, ConvertCommand<List>.self,
                ExportCommand<List>.self, BenchCommand<List>.self, CocoEvalCommand.self, DoctorCommand.self,
            ])
    }

    public init() {}

    /// Runs the command that the process was started with and ends the process: 0 when all is well, 1 for a failure, 2 for a mistake
    /// in a configuration or a case.
    public static func start() -> Never {
        prepareProcess()
        Engine.prepare()
        do {
            var command = try parseAsRoot()
            try command.run()
            Foundation.exit(0)
        } catch let error as ExitCode {
            Foundation.exit(error.rawValue)
        } catch  where isArgumentParser(error) {
            exit(withError: error)
        } catch {
            fflush(nil)  // what was printed comes before the error, in a pipe too
            try? FileHandle.standardError.write(contentsOf: Data("error: \(error)\n".utf8))
            Foundation.exit(isMistake(error) ? 2 : 1)
        }
    }

    /// Help, version and mistakes on the command line are the parser's to print.
    private static func isArgumentParser(_ error: any Error) -> Bool {
        exitCode(for: error) != .failure || error is ValidationError
    }

    private static func isMistake(_ error: any Error) -> Bool {
        error is ConfigurationError || error is BuildError || error is SettingError || error is ModelConfigurationError
            || error is FilePluginError || error is LanguageError || error is ExperimentError || error is WeightsError
            || error is SweepMistakes
    }

    /// Sets what has to be set before `main`, by starting the process once more.
    ///
    /// - `OMP_WAIT_POLICY=passive`: threads of the engine that spin while they wait take whole time slices from loader threads where
    ///   cores are few.
    /// - `GLIBC_TUNABLES`: feature maps come and go with every step; memory that went back to the system each time would have to be
    ///   cleared page by page again.
    private static func prepareProcess() {
        guard getenv("DENSEKIT_STARTED") == nil else { return }
        setenv("DENSEKIT_STARTED", "1", 1)
        setenv("OMP_WAIT_POLICY", "passive", 0)
        setenv("GLIBC_TUNABLES", "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184", 0)
        var arguments = Swift.CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
        // Where that is not possible, go on as we are.
    }
}
