import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitTraining

/// A run's state at `iteration`, as a checkpoint keeps it.
private func write(_ iteration: Int, serial: Int, hooks: [String: String] = [:], in directory: URL)
    throws
{
    let checkpoint = directory.appending(path: "iter_\(iteration)")
    try FileManager.default.createDirectory(at: checkpoint, withIntermediateDirectories: true)
    let state = RunState(
        iteration: iteration, best: BestScore(metric: "mIoU", value: 12.5, iteration: 5),
        badLosses: BadLosses(), run: "run",
        serial: serial, generator: Data(), sizes: [:], hooks: hooks)
    try state.encoded().write(to: checkpoint.appending(path: "state.json"))
}

@Test("How far a run has come is what its newest good checkpoint says")
func runProgress() throws {
    let folder = try TemporaryFolder()
    let directory = folder.url.appending(path: "work")
    #expect(RunProgress(workDirectory: directory.path) == nil)
    try write(
        5, serial: 1,
        hooks: [
            "evaluation": #"{"evaluated":5}"#, "log": #"{"elapsed":2.5,"counted":5,"recent":[]}"#,
        ],
        in: directory)
    let first = try #require(RunProgress(workDirectory: directory.path))
    #expect(
        first.iteration == 5 && first.validated == 5 && first.seconds == 2.5
            && first.best?.value == 12.5)
    #expect(
        first.isFinished(iterations: 5, validates: true)
            && !first.isFinished(iterations: 6, validates: false))

    try write(10, serial: 2, hooks: ["evaluation": #"{"evaluated":5}"#], in: directory)
    let second = try #require(RunProgress(workDirectory: directory.path))
    #expect(second.iteration == 10 && second.validated == 5 && second.seconds == nil)
    #expect(
        second.isFinished(iterations: 10, validates: false)
            && !second.isFinished(iterations: 10, validates: true))

    try Data("torn".utf8).write(to: directory.appending(path: "iter_10/state.json"))
    #expect(RunProgress(workDirectory: directory.path) == first)
}

@Test("Who has a work directory can be asked, without taking it")
func owner() throws {
    let folder = try TemporaryFolder()
    let directory = folder.path + "/work"
    #expect(WorkDirectory.owner(of: directory) == nil)
    do {
        let work = try WorkDirectory(directory)
        #expect(
            WorkDirectory.owner(of: work.path)
                == "process \(getpid()) on \(ProcessInfo.processInfo.hostName)")
    }
    #expect(WorkDirectory.owner(of: directory) == nil)
    _ = try WorkDirectory(directory)
}

@Test(
    "Hours, minutes and seconds, days before them",
    arguments: [
        (0.4, "0:00:00"), (3909, "1:05:09"), (180_309, "2 days, 2:05:09"), (.nan, "0:00:00"),
    ])
func clock(seconds: Double, text: String) { #expect(clockText(seconds) == text) }
