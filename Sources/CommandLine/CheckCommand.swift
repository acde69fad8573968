import ArgumentParser
import DenseKitCore

/// `densekit check CONFIG`
struct CheckCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "check",
            abstract:
                "Find every mistake in configuration, data, labels and shapes before the first iteration.",
            discussion: """
                Lists all problems at once, each with its place, and ends with 1 where there is one. Warnings change nothing. One step is taken as \
                train takes it, and the smallest and the largest validation image are predicted.
                """)
    }

    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions

    @Flag(
        help:
            "Only look at the first images of each data set, and take one pass of an accumulated step."
    )
    var quick = false

    func run() throws {
        let device = try compute.start()
        let findings = try findings(device)
        show(findings.warnings, as: "warning")
        let problems = findings.problems
        show(problems, as: "problem")
        guard problems.isEmpty else {
            print("\(problems.count) problem\(problems.count == 1 ? "" : "s")")
            throw ExitCode(1)
        }
        print("OK")
    }

    /// All of them, short of a flood.
    private func show(_ findings: [String], as kind: String) {
        let limit = 1000
        for finding in findings.prefix(limit) { print("\(kind): \(finding)") }
        if findings.count > limit { print("\(kind): and \(findings.count - limit) more") }
    }

    /// What is wrong with a configuration as a whole is a problem as any other.
    private func findings(_ device: Device) throws -> CheckFindings {
        do {
            var check = try config.check(List.self, device: device)
            check.isQuick = quick
            let bar = ProgressBar()
            check.progress = { [bar] done, count, part in bar?.show(done, of: count, note: part) }
            check.run { line in
                bar?.clear()
                print(line)
            }
            return check.findings
        } catch let error as ConfigurationError {
            return CheckFindings(problems: ["\(error)"])
        } catch let error as ConfigurationErrors {
            return CheckFindings(problems: error.errors.map(\.description))
        }
    }
}
