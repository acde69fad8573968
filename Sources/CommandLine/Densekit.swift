import ArgumentParser
import DenseKitCore
import DenseKitVerification
import Foundation

/// What a command-line executable consists of: the plugins that it is linked with and, where it is
/// not `densekit` itself, its name and its own commands.
///
///     enum Tool: PluginList {
///         static let plugins: [any Plugin] = BuiltIn.plugins + [MyPlugin()]
///     }
///     Densekit<Tool>.start()
public protocol PluginList: Sendable {
    /// The plugins whose components configurations may name.
    static var plugins: [any Plugin] { get }
    /// Plugins with further procedures for golden cases of `densekit verify`; none if not
    /// implemented.
    static var verification: [any VerificationPlugin] { get }
    /// The executable's name in help and errors; `densekit` if not implemented.
    static var name: String { get }
    /// What `--version` prints; DenseKit's version if not implemented.
    static var version: String { get }
    /// Commands besides DenseKit's; none if not implemented.
    static var commands: [any ParsableCommand.Type] { get }
}

extension PluginList {
    /// No further procedures.
    public static var verification: [any VerificationPlugin] { [] }
    /// `densekit`.
    public static var name: String { "densekit" }
    /// DenseKit's version.
    public static var version: String { DenseKitVersion.current }
    /// No further commands.
    public static var commands: [any ParsableCommand.Type] { [] }
}

/// The command line: `densekit SUBCOMMAND …`.
public struct Densekit<List: PluginList>: ParsableCommand {
    /// The name, version and subcommands for the argument parser.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: List.name,
            abstract:
                "Dense prediction with language guidance: train, evaluate and predict from one YAML file.",
            version: List.version,
            subcommands: List.commands + [
                DemoCommand<List>.self, TrainCommand<List>.self, SweepCommand<List>.self,
                SweepRunCommand<List>.self,
                TestCommand<List>.self, InferCommand<List>.self, CheckCommand<List>.self,
                BrowseCommand<List>.self,
                CoOccurrenceCommand<List>.self, ShowCommand<List>.self, ReproduceCommand<List>.self,
                VerifyCommand<List>.self, ComponentsCommand<List>.self, NewCommand<List>.self,
                ConvertCommand<List>.self,
                ExportCommand<List>.self, BenchCommand<List>.self, CocoEvalCommand.self,
                DoctorCommand.self,
            ])
    }

    /// The command before its arguments are parsed, as the argument parser needs it.
    public init() {}

    /// Runs the command of the process's arguments and ends the process: with exit code 0 where it
    /// succeeded, 64 for wrong arguments, else `exitStatus(of:)`.
    public static func start() -> Never {
        Engine.restartPrepared()
        Engine.prepare()
        Term.rename(commandLineTerms(of: List.name))
        do {
            var command = try parseAsRoot()
            try command.run()
            Foundation.exit(0)
        } catch let error as ExitCode {
            Foundation.exit(error.rawValue)
        } catch  where isArgumentParser(error) {
            if let error = error as? ValidationError { ErrorFile.write(error.message) }
            exit(withError: error)
        } catch let error as ArgumentError {
            ErrorFile.write(error.problem)
            exit(withError: ValidationError(error.problem))
        } catch {
            exitProgram(reporting: error)
        }
    }

    /// Help, version and mistakes on the command line are the parser's to print.
    private static func isArgumentParser(_ error: any Error) -> Bool {
        exitCode(for: error) != .failure || error is ValidationError
    }

}
