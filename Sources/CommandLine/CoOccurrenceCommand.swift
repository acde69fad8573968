import ArgumentParser
import DenseKitCore

/// `densekit co-occurrence CONFIG`
struct CoOccurrenceCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "co-occurrence",
            abstract:
                "Count in how many training images each two classes occur together, and save it for training.",
            discussion: """
                Whole label maps are counted, again at every call. Models with co_occurrence: auto start from these counts; without this \
                command their training counts by itself when it begins.
                """)
    }

    @OptionGroup var config: ConfigOptions

    @Option(
        help: "Write the counts to this JSON file too, for co_occurrence: FILE.",
        transform: FilePaths.expanded)
    var out: String?

    func run() throws {
        if let out { try AtomicFile.prove(out) }
        let experiment = try config.experiment(List.self)
        let kept = experiment.cachedCoOccurrence(of: try experiment.trainDataset())
        let counts = try kept.counted()
        try kept.keep(counts)
        if let out { try counts.write(to: out) }
        let absent = counts.classes.indices.filter { counts.counts[$0][$0] == 0 }.map {
            counts.classes[$0]
        }
        print("\(counts.images) images, \(counts.classes.count) classes: \(out ?? kept.path)")
        if !absent.isEmpty { print("in no image: \(absent.joined(separator: ", "))") }
    }
}
