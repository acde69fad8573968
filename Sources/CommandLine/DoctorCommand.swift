import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Show versions, engine, BLAS kernel, threads and devices, and what to do about what is missing or slow."
    )

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        try Engine.setThreadCount(Engine.defaultThreadCount)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(
                String(
                    decoding: try encoder.encode(
                        Dictionary(uniqueKeysWithValues: RunEnvironment.facts)), as: UTF8.self))
            return
        }
        for line in TextTable.aligned(RunEnvironment.facts.map { [$0.0, $0.1] }, left: 2) {
            print(line)
        }
        for advice in RunEnvironment.advice { print("! \(advice)") }
    }
}
