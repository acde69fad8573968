import ArgumentParser
import DenseKit
import Foundation

/// `densekit check CONFIG`
struct CheckCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "check",
            abstract: "Find every mistake in configuration, data, labels and shapes before the first iteration.")
    }

    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions

    @Flag(help: "Only look at a few images of each data set.")
    var quick = false

    func run() throws {
        let device = try compute.start()
        let session = try config.session(List.self, device: device)
        try session.checkRecipe()
        print("configuration: \(config.config) is sound")
        let training = try session.trainDataset()
        let validation = session.experiment.data.val == nil ? nil : try session.validationDataset()
        let model = try session.model(training.classes)
        try session.check(training, "train", fits: model)
        if let validation { try session.check(validation, "val", fits: model) }
        var problems = report("train", training)
        if let validation {
            problems += report("val", validation)
            if validation.classes.names != training.classes.names {
                problems.append("\(SessionError.otherClasses)")
            }
        }
        let count = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
        print("model: \(String(format: "%.2f", Double(count) / 1e6)) M parameters, \(training.classes.count) classes")
        for remark in try session.remarks(on: model) { print("remark: \(remark)") }
        for (file, report) in try model.loadPretrained(session.experiment.model) {
            print("weights: \(file): \(report)")
            for warning in report.warnings { print("warning: weights: \(file): \(warning)") }
        }
        if problems.isEmpty { try trainOneBatch(session, training, model) }
        guard problems.isEmpty else {
            show(problems.map { "problem: \($0)" })
            throw ExitCode(1)
        }
        print("all is well")
    }

    private func show(_ lines: [String]) {
        for line in lines.prefix(50) { print(line) }
        if lines.count > 50 { print("and \(lines.count - 50) more") }
    }

    private func report(_ name: String, _ dataset: any Dataset) -> [String] {
        print("\(name): \(dataset.count) images, \(dataset.classes.count) classes")
        let progress = ProgressBar()
        let count = dataset.count
        let report =
            quick
            ? DatasetReport.check(Head(dataset: dataset, count: min(16, count)))
            : DatasetReport.check(dataset, threads: Engine.threadCount) { [progress] done in
                progress?.show(done, of: count, note: name)
            }
        progress?.clear()
        let total = max(1, report.pixels.reduce(0, +))
        for (name, (things, images)) in zip(dataset.classes.names, zip(report.things, report.occurrences)) {
            print("  \(String(format: "%8d", things)) things  in \(images) images  \(name)")
        }
        if report.crowds > 0 { print("  \(String(format: "%8d", report.crowds)) crowds, from which nothing is learnt") }
        for (index, pixels) in report.pixels.enumerated() where report.things.isEmpty && dataset.classes.count <= 30 {
            let share = String(format: "%6.2f %%", 100 * Double(pixels) / Double(total))
            print("  \(share)  in \(report.occurrences[index]) images  \(dataset.classes.names[index])")
        }
        let absent = report.absentClasses(dataset.classes)
        if !absent.isEmpty, !quick { print("  in no image: \(absent.joined(separator: ", "))") }
        for (trait, name) in ImageTraits.names { if let count = report.traits[trait] { print("  \(name): \(count) images") } }
        show(report.remarks.map { "remark: \(name): \($0)" })
        return report.problems.map { "\(name): \($0)" }
    }

    /// Pipeline, shapes, losses and gradients on real samples.
    private func trainOneBatch(_ session: Session, _ dataset: any Dataset, _ model: DenseModel) throws {
        var options = Loader.Options()
        options.batch = 2
        options.workers = 1
        options.seed = session.experiment.train.seed
        let loader = try Loader(dataset, try session.trainPipeline(), options)
        defer { loader.stop() }
        guard let batch = try loader.next() else { return }
        let step = Step(progress: 0, images: batch.geometries)
        let losses = try model.losses(
            try batch.images(on: session.device), try batch.targets(on: session.device), step)
        guard let total = try losses.total() else { throw TrainingError.noLoss }
        try total.backward()
        let terms = try losses.terms.map { "\($0.name): \(String(format: "%.4f", try $0.value.item()))" }
        print("one step on 2 images of \(batch.height)×\(batch.width): \(terms.joined(separator: "  "))")
    }
}

/// The first samples of a data set.
private struct Head: Dataset {
    let dataset: any Dataset
    let count: Int

    var classes: ClassList { dataset.classes }
    var remarks: [DataError] { dataset.remarks }
    func sample(at index: Int) throws -> Sample { try dataset.sample(at: index) }
}
