import Synchronization

/// The name of a setting, an argument or a task in messages.
///
/// Messages name the library's own settings and types. A program whose users know them under other
/// names sets these once, at its start:
///
///     Term.rename([.workDirectory: "--work-dir"])
///
/// All later messages use the new names.
public struct Term: Hashable, Sendable {
    /// The library's own name; `…` is a placeholder that a message fills in.
    public let name: String

    /// A term with the library's own name for it.
    public init(_ name: String) { self.name = name }

    private static let names = Mutex<[Term: String]>([:])

    /// Sets the program's names of terms, for all messages from now on.
    public static func rename(_ names: [Term: String]) {
        self.names.withLock { $0.merge(names) { $1 } }
    }

    /// The current name, with `argument` in place of its `…`.
    public func callAsFunction(_ argument: String) -> String {
        description.replacing("…", with: argument)
    }
}

extension Term: CustomStringConvertible {
    /// The name that the program has set, else the library's.
    public var description: String { Self.names.withLock { $0[self] } ?? name }
}

extension Term {
    // Settings
    /// An assignment that overrides a value of the configuration, such as `model.head.channels=64`.
    public static let override = Term("override")
    /// The directory for the results of a run.
    public static let workDirectory = Term("work_dir")
    /// The weights that training starts from.
    public static let initialWeights = Term("model.weights.file")

    // Arguments
    /// Names the checkpoint to resume a run from.
    public static let resume = Term("`from:`")
    /// Resumes a run from its newest checkpoint.
    public static let resumeNewest = Term("`from: .newestCheckpoint`")
    /// Class names to search an image for, in place of the model's.
    public static let classNames = Term("`classNames:`")
    /// Requests predictions from several scaled and flipped views of an image.
    public static let augmented = Term("augmented:")
    /// Names the class whose score map is drawn.
    public static let heatmap = Term("heatmap")
    /// The folder for results.
    public static let outputFolder = Term("folder")
    /// The number of images that a benchmark takes at a time.
    public static let benchmarkBatch = Term("batch")
    /// The model file of a golden case.
    public static let caseModel = Term("model:")
    /// Says that no launcher's variables count.
    public static let oneProcess = Term("`launcher: .alone`")
    /// The number of machines that processes are started on.
    public static let nodes = Term("`LaunchNodes(count:)`")
    /// The number of this machine among those that processes are started on.
    public static let nodeRank = Term("`LaunchNodes(rank:)`")
    /// The first of the machines that processes are started on.
    public static let master = Term("`LaunchNodes(master:)`")

    // Work
    /// Trains one experiment.
    public static let train = Term("`Experiment`")
    /// Finds mistakes in a configuration and its data before training.
    public static let check = Term("`ExperimentCheck`")
    /// Times inference and training steps.
    public static let benchmark = Term("`Benchmark`")
    /// The call that was made, for advice to make it once more.
    public static let again = Term("the same call")
    /// Trains the runs of a sweep; the placeholder is the sweep's file.
    public static let sweep = Term("the sweep …")
    /// Selects one run of a sweep.
    public static let sweepRun = Term("a run's name")
    /// Evaluates weights on the data of another configuration.
    public static let otherData = Term("the configuration that a trained model is tested on")
    /// Predicts several scaled and flipped views of an image.
    public static let testTimeAugmentation = Term("test-time augmentation")
    /// Lists the components of one kind, which is the placeholder.
    public static let components = Term("`Registry.entries`")
    /// Counts which classes occur together in images, and writes the counts to a file.
    public static let coOccurrence = Term("`CoOccurrence.write(to:)`")

    /// All terms, for a program that renames them.
    public static let all: [Term] = [
        override, workDirectory, initialWeights, resume, resumeNewest, classNames, augmented,
        heatmap, outputFolder, caseModel, oneProcess, nodes, nodeRank, master, train,
        check, again, benchmark, benchmarkBatch,
        sweep, sweepRun, otherData, testTimeAugmentation, components, coOccurrence,
    ]
}
