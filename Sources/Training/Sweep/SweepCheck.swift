import DenseKitComponents
import DenseKitConfiguration

/// A run that was checked, and how long it is.
struct CheckedRun {
    let run: SweepRun
    let iterations: Int
    let validates: Bool

    /// Whether its work directory holds all of it.
    var isFinished: Bool {
        RunProgress(workDirectory: run.folder)?.isFinished(
            iterations: iterations, validates: validates)
            ?? false
    }
}

extension Sweep {
    /// Checks every run as far as shapes allow (`ExperimentCheck.Depth.shapes`), and that its
    /// folder does not hold a run with other settings. `train` does this before the first run.
    ///
    /// - Throws: `SweepMistakes` with those of all runs.
    public func check() throws { _ = try checkedRuns() }

    func checkedRuns() throws -> [CheckedRun] {
        var mistakes = SweepMistakes()
        let checked = runs.compactMap { run in
            do {
                return try check(run, &mistakes)
            } catch {
                mistakes.add("\(error)", of: run.name)
                return nil
            }
        }
        guard mistakes.found.isEmpty else { throw mistakes }
        return checked
    }

    /// Nil where the run has mistakes of its configuration.
    private func check(_ run: SweepRun, _ mistakes: inout SweepMistakes) throws -> CheckedRun? {
        var check = ExperimentCheck(
            run.file, YAMLNode.Draft(run.node), name: run.slug, registry: registry, device: .meta)
        check.depth = .shapes
        check.run { _ in }
        for problem in check.findings.problems { mistakes.add(problem, of: run.name) }
        guard check.findings.problems.isEmpty else { return nil }
        let changes = try run.changes()
        guard changes.isEmpty else { throw ChangedRun(folder: run.folder, changes: changes) }
        let configuration: ExperimentConfiguration = try run.node.decode()
        let iterations = configuration.train.counting(images: check.trainingImages ?? 0).iterations
        return CheckedRun(
            run: run, iterations: iterations, validates: configuration.data.val != nil)
    }
}

/// The mistakes in the runs of a sweep; one that several runs have is listed once.
public struct SweepMistakes: DenseKitError {
    /// The text of each mistake, and the names of the runs that have it.
    public private(set) var found: [(message: String, runs: [String])] = []

    mutating func add(_ message: String, of run: String) {
        if let index = found.firstIndex(where: { $0.message == message }) {
            found[index].runs.append(run)
        } else {
            found.append((message, [run]))
        }
    }

    public var origin: ErrorOrigin { .configuration }

    public var problem: String {
        let lines = found.map { message, runs in
            let others =
                runs.count > 1 ? " and \(runs.count - 1) other\(runs.count > 2 ? "s" : "")" : ""
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
        let shown =
            changes.prefix(5).joined(separator: ", ")
            + (changes.count > 5 ? ", and \(changes.count - 5) more" : "")
        return "\(folder) holds a run of this name with other settings: \(shown)"
    }
    var remedy: String? {
        "give the run another name, put the settings back, or remove that folder to train it again"
    }
    var origin: ErrorOrigin { .configuration }
}
