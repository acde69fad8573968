import Synchronization

/// What a message calls a setting, an argument or a piece of work.
///
/// The library speaks of its own settings and types. A program whose users know them under other names says so once, at
/// its start:
///
///     Term.rename([.workDirectory: "--work-dir"])
///
/// Every message that is made afterwards has these names.
public struct Term: Hashable, Sendable {
    /// What the library calls it; `…` stands for what a message puts in.
    public let name: String

    public init(_ name: String) { self.name = name }

    private static let names = Mutex<[Term: String]>([:])

    /// Gives terms the names that this program has for them, in all messages that are made from now on.
    public static func rename(_ names: [Term: String]) {
        self.names.withLock { $0.merge(names) { $1 } }
    }

    /// The name with `argument` in place of its `…`.
    public func callAsFunction(_ argument: String) -> String { description.replacing("…", with: argument) }
}

extension Term: CustomStringConvertible {
    /// The name that the program has given it; else the library's.
    public var description: String { Self.names.withLock { $0[self] } ?? name }
}

extension Term {
    // Settings
    /// An assignment laid over a configuration, `model.head.channels=64`.
    public static let override = Term("override")
    /// Where a run puts its results.
    public static let workDirectory = Term("work_dir")
    /// The weights that training begins with.
    public static let initialWeights = Term("model.weights.file")

    // Arguments
    /// The checkpoint that a run is resumed from.
    public static let resume = Term("`from:`")
    /// Resumes a run from its newest checkpoint.
    public static let resumeNewest = Term("`from: .newestCheckpoint`")
    /// Class names that an image is searched for in place of the model's.
    public static let words = Term("`classNames:`")
    /// Several scaled and mirrored views of an image.
    public static let augmented = Term("augmented:")
    /// The class whose score map is drawn.
    public static let heatmap = Term("heatmap")
    /// The folder that results go to.
    public static let outputFolder = Term("folder")
    /// The model of a golden case.
    public static let caseModel = Term("model:")

    // Work
    /// Trains one experiment.
    public static let train = Term("`Experiment`")
    /// Looks for every mistake of an experiment and its data.
    public static let check = Term("`ExperimentCheck`")
    /// Trains the runs of a sweep, whose file is put in.
    public static let sweep = Term("`Sweep(\"…\")`")
    /// Names one run of a sweep.
    public static let sweepRun = Term("its `run(named:)`")
    /// Measures weights on the data of another configuration.
    public static let otherData = Term("the configuration that a trained model is tested on")
    /// Predicts several scaled and mirrored views of an image.
    public static let testTimeAugmentation = Term("test-time augmentation")
    /// Lists the components of one kind, which is put in.
    public static let components = Term("`Registry.entries`")
    /// Counts which classes stand together in images and writes it to a file.
    public static let coOccurrence = Term("a `JSONEncoder` from a `CoOccurrence`")

    /// All of them, for a program that names them anew.
    public static let all: [Term] = [
        override, workDirectory, initialWeights, resume, resumeNewest, words, augmented, heatmap, outputFolder, caseModel, train,
        check,
        sweep, sweepRun, otherData, testTimeAugmentation, components, coOccurrence,
    ]
}
