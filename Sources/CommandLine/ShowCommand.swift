import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit show CONFIG`
struct ShowCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show",
            abstract:
                "Print the resolved configuration with the origin of every value, and the model's parts.",
            discussion:
                "The model is built of shapes alone: no weights, no vocabulary, little time and memory."
        )
    }

    @OptionGroup var config: ConfigOptions

    @Option(
        help:
            "Number of classes to build the model with; those of the data set if left out."
    )
    var classes: Int?

    @Option(help: "Levels of modules to list.")
    var depth = 2

    @Flag(help: "Only the configuration.")
    var configOnly = false

    @Flag(help: "Count the multiply-adds of every part too, by the rules of fvcore.")
    var flops = false

    @Option(help: "Size of the image for --flops: a side, or HEIGHTxWIDTH.")
    var size = ImageSide(Size2D(1024))

    @Flag(help: "With --flops: nothing but the counts, as JSON.")
    var json = false

    @Flag(
        help:
            "Build and run the model for real, where a part of it needs values and not shapes alone."
    )
    var computed = false

    func validate() throws {
        if let classes, !(1...65535 ~= classes) {
            throw ValidationError("--classes must be 1…65535, found \(classes)")
        }
        guard 1...65536 ~= size.pair.height, 1...65536 ~= size.pair.width else {
            throw ValidationError("--size must be 1…65536 on each side, found \(size.pair)")
        }
        if json, !flops { throw ValidationError("--json needs --flops") }
    }

    func run() throws {
        try Engine.setThreadCount(Engine.defaultThreadCount)
        let experiment = try config.experiment(List.self, device: computed ? .cpu : .meta)
        if !json { print(experiment.resolved) }
        try experiment.checkRecipe()
        guard !configOnly else { return }
        let list = try classes.map(ClassList.placeholders) ?? experiment.classes(of: "train")
        let model = try experiment.model(list)
        guard flops else { return try printParameters(model, list) }
        let complexity = try Complexity(of: model, size: size.pair)
        let report = ComplexityReport(complexity: complexity, classes: list.count, depth: depth)
        print(json ? String(decoding: try report.json, as: UTF8.self) : report.table)
    }

    private func printParameters(_ model: DenseModel, _ list: ClassList) throws {
        var counts: [(String, Int)] = []
        for entry in try model.namedTensors() where entry.kind == .parameter {
            let key = entry.name.split(separator: ".").prefix(max(1, depth)).joined(separator: ".")
            if counts.last?.0 == key {
                counts[counts.count - 1].1 += entry.tensor.count
            } else {
                counts.append((key, entry.tensor.count))
            }
        }
        for line in TextTable.aligned(counts.map { [$0.0, $0.1.grouped] }, left: 2) { print(line) }
        let total = counts.reduce(0) { $0 + $1.1 }
        let learning = try model.namedParameters().filter(\.tensor.requiresGrad).reduce(0) {
            $0 + $1.tensor.count
        }
        print(
            "parameters: \(total.grouped) (\(learning.grouped) of them trained), \(list.count) classes"
        )
    }
}
