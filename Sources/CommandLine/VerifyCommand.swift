import ArgumentParser
import DenseKit
import Foundation
import Verification

/// `densekit verify CASE.json`
struct VerifyCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract: "Run a golden case: build the model, fill it by name, compare with the reference's answers.",
            discussion: "Ends with 0 when everything passes, 1 on a mismatch, 2 when the case or its model file cannot be used.")
    }

    @Argument(help: "The case, CASE.json; its answers stand beside it in CASE.safetensors.", transform: Paths.expanded)
    var path: String

    @Option(
        name: .customLong("model"), help: "The model in our YAML; CASE.model.yaml beside the case if left out.",
        transform: Paths.expanded)
    var model: String?

    @OptionGroup var compute: ComputeOptions

    func run() throws {
        let device = try compute.start()
        let comparisons: [Comparison]
        do {
            comparisons = try Verifier(registry: try Registry(List.plugins), device: device).verify(path, model: model)
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            throw ExitCode(2)
        }
        let width = max(6, comparisons.map(\.output.count).max() ?? 0)
        func row(_ output: String, _ maxAbs: String, _ maxRel: String, _ pass: String) -> String {
            output.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + pad(maxAbs) + "  " + pad(maxRel) + "  " + pass
        }
        print(row("output", "max abs", "max rel", "pass"))
        for entry in comparisons {
            print(row(entry.output, number(entry.maxAbs), number(entry.maxRel), entry.passes ? "yes" : "NO  \(entry.note)"))
        }
        let failures = comparisons.count { !$0.passes }
        print("\(comparisons.count - failures) of \(comparisons.count) pass")
        if failures > 0 || comparisons.isEmpty { throw ExitCode(1) }
    }

    private func pad(_ text: String) -> String { String(repeating: " ", count: max(0, 9 - text.count)) + text }
    private func number(_ value: Double) -> String { value.isNaN ? "-" : String(format: "%.2e", value) }
}
