import ArgumentParser
import DenseKit
import Foundation

/// `densekit show CONFIG`
struct ShowCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show",
            abstract: "Print the resolved configuration with the origin of every value, and the model's parts.")
    }

    @OptionGroup var config: ConfigOptions

    @Option(help: "Number of classes to build the model with, where the data set is not at hand.")
    var classes: Int?

    @Option(help: "Levels of modules to list.")
    var depth = 2

    @Flag(help: "Only the configuration.")
    var configOnly = false

    func validate() throws {
        if let classes, classes < 1 { throw ValidationError("--classes must be at least 1, found \(classes)") }
    }

    func run() throws {
        try Engine.setThreadCount(Engine.defaultThreadCount)
        let session = try config.session(List.self)
        print(session.resolved)
        try session.checkRecipe()
        guard !configOnly else { return }
        let list = try classes.map(ClassList.placeholders) ?? session.trainDataset().classes
        let model = try session.model(list)
        var counts: [(String, Int)] = []
        for entry in try model.namedTensors() where entry.kind == .parameter {
            let key = entry.name.split(separator: ".").prefix(max(1, depth)).joined(separator: ".")
            if counts.last?.0 == key {
                counts[counts.count - 1].1 += entry.tensor.count
            } else {
                counts.append((key, entry.tensor.count))
            }
        }
        let width = counts.map(\.0.count).max() ?? 0
        for (name, count) in counts { print(name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + grouped(count)) }
        let total = counts.reduce(0) { $0 + $1.1 }
        let learning = try model.namedParameters().filter(\.tensor.requiresGrad).reduce(0) { $0 + $1.tensor.count }
        print("parameters: \(grouped(total)) (\(grouped(learning)) of them learn), \(list.count) classes")
    }

    /// `1234567` → `1,234,567`
    private func grouped(_ number: Int) -> String {
        let digits = String(number)
        return String(
            digits.reversed().enumerated().flatMap { $0 > 0 && $0 % 3 == 0 ? [",", $1] : [$1] }.reversed())
    }
}
