import ArgumentParser
import DenseKitCore
import DenseKitVerification
import Foundation

/// `densekit verify CASE.json …`
struct VerifyCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract:
                "Run golden cases: build the model, fill it by name, compare with the reference's outputs.",
            discussion:
                "Ends with 0 when everything passes, 1 on a mismatch, 2 when a case or its model file cannot be used."
        )
    }

    @Argument(
        help:
            "The cases, CASE.json; the expected outputs of each are beside it in CASE.safetensors.",
        transform: FilePaths.expanded)
    var paths: [String]

    @Option(
        name: .customLong("model"),
        help: "The model in our YAML; CASE.model.yaml beside the case if left out.",
        transform: FilePaths.expanded)
    var model: String?

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        if model != nil, paths.count > 1 {
            throw ValidationError(
                "--model is the model of one case, and \(paths.count) cases are named")
        }
    }

    func run() throws {
        let verifier = try Verifier(
            registry: Registry(List.plugins), plugins: List.verification, device: compute.start())
        var (failed, unusable): ([String], [String]) = ([], [])
        for path in paths {
            if paths.count > 1 { print("== \(path)") }
            do {
                let comparisons = try verifier.verify(path, model: model)
                table(of: comparisons).forEach { print($0) }
                let passed = comparisons.count { $0.passes }
                print("\(passed) of \(comparisons.count) pass")
                if passed < comparisons.count { failed.append(path) }
            } catch {
                fflush(nil)  // what was printed comes before the error, in a pipe too
                FileHandle.standardError.write(Data("error: \(error)\n".utf8))
                unusable.append(path)
            }
        }
        if paths.count > 1 {
            print("== \(paths.count - failed.count - unusable.count) of \(paths.count) cases pass")
            for path in failed { print("does not pass: \(path)") }
            for path in unusable { print("cannot be used: \(path)") }
        }
        if !unusable.isEmpty { throw ExitCode(2) }
        if !failed.isEmpty { throw ExitCode(1) }
    }

    private func table(of comparisons: [Comparison]) -> [String] {
        let numbers = comparisons.map {
            [$0.output, number($0.maxAbs), number($0.maxRel), $0.tolerance, percent($0.used)]
        }
        let lines = TextTable.aligned(
            [["output", "max abs", "max rel", "tolerance", "used"]] + numbers)
        let ends = ["pass"] + comparisons.map { $0.passes ? "yes" : "NO  \($0.note)" }
        return zip(lines, ends).map { "\($0)  \($1)" }
    }

    private func number(_ value: Double) -> String {
        value.isNaN ? "-" : String(format: "%.2e", value)
    }

    /// A share of the tolerance.
    private func percent(_ share: Double) -> String {
        guard share.isFinite else { return share.isNaN ? "-" : "inf" }
        return String(format: "%.\(share < 0.995 ? 2 : 3)g %%", share * 100)
    }
}
