import DenseKit
import StreetKit

// street-train [CONFIG] [KEY=VALUE…]
runProgram {
    let arguments = CommandLine.arguments.dropFirst()
    let experiment = try Experiment(
        arguments.first ?? "street.yaml", overrides: Array(arguments.dropFirst()),
        plugins: [StreetPlugin()])
    let result = try experiment.train()
    print("best checkpoint: \(result.bestCheckpoint ?? "none")")
}
