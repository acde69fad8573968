import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine
@testable import DenseKitDistributed
@testable import DenseKitExperiments
@testable import DenseKitTraining

private let place = SourceLocation.file("a.yaml")
private struct Foreign: Error {}

@Test(
    "A mistake in a configuration or a case ends with 2, a failure with 1, that of another process with 70, a signal as it asks for"
)
func exitStatuses() throws {
    let setting = SettingError("expected a number")
    let mistakes: [any Error] = [
        ConfigurationError(at: place, "is a list"), setting,
        BuildError(location: place, component: "neck", underlying: ""),
        ModelConfigurationError.missing("head"), FilePluginError.toolchain(""),
        LanguageError.noScoreMap(nil),
        ExperimentError.otherClasses(train: ["a"], val: ["b"]), SweepMistakes(),
        ChangedRun(folder: "w", changes: []),
        BatchError(images: ["a"], height: 1, width: 1, underlying: setting),
    ]
    let torch = try #require(throws: TorchError.self) {
        try Tensor.zeros([2]).matmul(Tensor.zeros([3, 4]))
    }
    let failures: [any Error] = [
        CheckpointError(path: "w", problem: "is empty"), DataError("a.png", "no such file"),
        TargetError.noLabels,
        COCOResultsError(path: "a.json", entry: nil, problem: ""), InferenceError.noViews,
        TrainingError.noLoss,
        TrainingError.failedSaves(1, newest: nil),
        OtherClasses(path: "w", trained: ["a"], data: []),
        InferFailure(failures: ["a"], count: 2), UnfinishedRuns(names: ["a"]), DemoError.noScore,
        ClassNameError(name: "a", classes: []), ArgumentError("a"),
        BatchError(images: ["a"], height: 1, width: 1, underlying: torch), torch, Foreign(),
    ]
    for error in mistakes { #expect(exitStatus(of: error) == 2, "\(type(of: error))") }
    for error in failures { #expect(exitStatus(of: error) == 1, "\(type(of: error))") }
    #expect(
        exitStatus(of: Interrupted(signal: SIGINT)) == 130
            && exitStatus(of: Interrupted(signal: SIGTERM)) == 0)
    #expect(exitStatus(of: Interrupted(signal: SIGUSR1)) == 75)
    #expect(exitStatus(of: Interrupted(signal: SIGTERM, isAtOnce: true)) == 143)
    let other = ProcessPlace(rank: 1, host: "node1", process: 4711, holdsStore: false)
    let failure = ProcessFailure(
        processes: [other], count: 2, event: .threw, error: "a", time: Date(), witness: other)
    #expect(exitStatus(of: failure) == 70)
}

@Test(
    "Every term of the library has a name of the command line, with the same places for arguments")
func termsOfTheCommandLine() {
    let names = commandLineTerms.values
    #expect(commandLineTerms.count == Term.all.count && Set(names).count == names.count)
    for term in Term.all { #expect(commandLineTerms[term] != nil, "\(term.name)") }
    let words: Set = ["bench", "the same command"]
    for name in names where !words.contains(name) {
        #expect(name.hasPrefix("--") || name.hasPrefix("`densekit "), "\(name)")
    }
}

@Test(
    "A data set whose images have no known sizes is refused where the setting stands that needs them"
)
func orientations() throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "run.yaml")
        let yaml = "data:\n  aspect_ratio_grouping: 2\n"
        try Data(yaml.utf8).write(to: file)
        let experiment = try Experiment(file.path, registry: Registry(BuiltIn.plugins))
        let error = try #require(throws: ConfigurationError.self) {
            try experiment.trainLoader(Sizeless())
        }
        #expect(
            "\(error)"
                == "\(file.path):2:26: data.aspect_ratio_grouping: this data set does not know the sizes of its images; leave the setting out"
        )
    }
}

private struct Sizeless: Dataset {
    let classes = ClassList(names: ["a", "b"])
    let count = 2
    func sample(at index: Int) throws -> DataSample { throw DataError("\(index)", "no such file") }
}
