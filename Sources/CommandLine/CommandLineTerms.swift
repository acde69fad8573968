import DenseKitCore

/// What messages call settings, arguments and work where the user is at the command line.
let commandLineTerms: [Term: String] = [
    .override: "--set", .workDirectory: "--work-dir", .initialWeights: "--init-from",
    .resume: "--resume",
    .resumeNewest: "--resume auto",
    .classNames: "--classes", .augmented: "--tta", .heatmap: "--heatmap",
    .outputFolder: "--out-dir", .caseModel: "--model",
    .oneProcess: "--launcher none", .nodes: "--nodes N", .nodeRank: "--node-rank K",
    .master: "--master HOST:PORT",
    .train: "`densekit train`", .check: "`densekit check`",
    .again: "the same command", .benchmark: "bench", .benchmarkBatch: "--batch",
    .sweep: "`densekit sweep …`", .sweepRun: "--run NAME",
    .otherData: "`densekit test --dataset`", .testTimeAugmentation: "`densekit test --tta`",
    .components: "`densekit components …`",
    .coOccurrence: "`densekit co-occurrence CONFIG --out FILE`",
]

/// The terms of an executable with another name than `densekit`.
func commandLineTerms(of program: String) -> [Term: String] {
    commandLineTerms.mapValues { $0.replacing("`densekit ", with: "`\(program) ") }
}
