import DenseKitCore

/// A run that is sound, and how long it is.
struct CheckedRun {
    let run: SweepRun
    let iterations: Int
    let validates: Bool

    /// Whether its work directory holds all of it.
    var isFinished: Bool {
        RunProgress(workDirectory: run.folder)?.isFinished(iterations: iterations, validates: validates) ?? false
    }
}

/// Finds what would stop a run, before the first of them begins.
struct SweepCheck {
    let registry: Registry

    /// Looks at every run as `densekit check` does, with its model of shapes alone, and at what its folder holds already.
    ///
    /// - Throws: `SweepMistakes`, with those of all runs.
    func check(_ runs: [SweepRun]) throws -> [CheckedRun] {
        var mistakes = SweepMistakes()
        let checked = runs.compactMap { run in
            do {
                return try check(run)
            } catch {
                mistakes.add("\(error)", of: run.name)
                return nil
            }
        }
        guard mistakes.found.isEmpty else { throw mistakes }
        return checked
    }

    private func check(_ run: SweepRun) throws -> CheckedRun {
        let experiment = try run.experiment(registry, device: .meta)
        try experiment.checkRecipe()
        let training = try experiment.trainDataset()
        let model = try experiment.model(training.classes)
        try experiment.check(training, "train", fits: model)
        let validates = experiment.configuration.data.val != nil
        if validates {
            let validation = try experiment.validationDataset()
            try experiment.check(validation, "val", fits: model)
            guard validation.classes.names == training.classes.names else {
                throw ExperimentError.otherClasses(train: training.classes.names, val: validation.classes.names)
            }
        }
        let changes = try run.changes()
        guard changes.isEmpty else { throw ChangedRun(folder: run.folder, changes: changes) }
        let iterations = experiment.configuration.train.counting(images: training.count).iterations
        return CheckedRun(run: run, iterations: iterations, validates: validates)
    }
}

/// What is wrong with runs of a sweep; the same mistake of several of them once.
struct SweepMistakes: DenseKitError {
    private(set) var found: [(message: String, runs: [String])] = []

    mutating func add(_ message: String, of run: String) {
        if let index = found.firstIndex(where: { $0.message == message }) {
            found[index].runs.append(run)
        } else {
            found.append((message, [run]))
        }
    }

    var origin: ErrorOrigin { .configuration }

    var problem: String {
        let lines = found.map { message, runs in
            let others = runs.count > 1 ? " and \(runs.count - 1) other\(runs.count > 2 ? "s" : "")" : ""
            return "run '\(runs[0])'\(others): \(message)"
        }
        return (lines + ["nothing was trained"]).joined(separator: "\n")
    }
}

/// A run whose folder holds another one of its name.
struct ChangedRun: DenseKitError {
    let folder: String
    let changes: [String]

    var problem: String {
        let shown = changes.prefix(5).joined(separator: ", ") + (changes.count > 5 ? ", and \(changes.count - 5) more" : "")
        return "\(folder) holds a run of this name with other settings: \(shown)"
    }
    var remedy: String? { "give the run another name, put the settings back, or remove that folder to train it anew" }
    var origin: ErrorOrigin { .configuration }
}
