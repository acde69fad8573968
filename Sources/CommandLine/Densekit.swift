import ArgumentParser
import DenseKitCore
import DenseKitVerification
import Foundation

/// What an executable is made of: the plugins that it is linked with and, where it is not `densekit` itself, its name and commands of its own.
///
///     enum Tool: PluginList {
///         static let plugins: [any Plugin] = BuiltIn.plugins + [MyPlugin()]
///     }
///     Densekit<Tool>.start()
public protocol PluginList: Sendable {
    static var plugins: [any Plugin] { get }
    /// What golden cases of `densekit verify` may ask for beside the procedures that know no method; none if left out.
    static var verification: [any VerificationPlugin] { get }
    /// What the executable is called in help and errors; `densekit` if left out.
    static var name: String { get }
    /// What `--version` prints; DenseKit's version if left out.
    static var version: String { get }
    /// Commands beside DenseKit's; none if left out.
    static var commands: [any ParsableCommand.Type] { get }
}

extension PluginList {
    public static var verification: [any VerificationPlugin] { [] }
    public static var name: String { "densekit" }
    public static var version: String { DenseKitVersion.current }
    public static var commands: [any ParsableCommand.Type] { [] }
}

/// The command line: `densekit SUBCOMMAND …`.
public struct Densekit<List: PluginList>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: List.name,
            abstract: "Dense prediction with language guidance: train, evaluate, look, from one YAML file.",
            version: List.version,
            subcommands: List.commands + [
                DemoCommand<List>.self, TrainCommand<List>.self, SweepCommand<List>.self, SweepRunCommand<List>.self,
                TestCommand<List>.self, InferCommand<List>.self, CheckCommand<List>.self, BrowseCommand<List>.self,
                CoOccurrenceCommand<List>.self, ShowCommand<List>.self, ReproduceCommand<List>.self,
                VerifyCommand<List>.self, ComponentsCommand<List>.self, NewCommand<List>.self, ConvertCommand<List>.self,
                ExportCommand<List>.self, BenchCommand<List>.self, CocoEvalCommand.self, DoctorCommand.self,
            ])
    }

    public init() {}

    /// Runs the command that the process was started with and ends the process: 0 where it succeeded, 64 for a mistake on
    /// the command line, else as `exitStatus(of:)`.
    public static func start() -> Never {
        Engine.restartPrepared()
        Engine.prepare()
        Term.rename(commandLineTerms)
        do {
            var command = try parseAsRoot()
            try command.run()
            Foundation.exit(0)
        } catch let error as ExitCode {
            Foundation.exit(error.rawValue)
        } catch  where isArgumentParser(error) {
            exit(withError: error)
        } catch {
            fail(error)
        }
    }

    /// Help, version and mistakes on the command line are the parser's to print.
    private static func isArgumentParser(_ error: any Error) -> Bool {
        exitCode(for: error) != .failure || error is ValidationError
    }

}
