import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitExperiments
import DenseKitFoundations

/// What must be the same on all processes of a run.
enum Agreement {
    /// Compares what every process was started with.
    ///
    /// - Throws: `ProcessGroupError` with the first differences where it is not the same.
    static func checkConfiguration(_ experiment: Experiment, of processes: Processes) throws {
        guard processes.count > 1 else { return }
        let versions = try processes.gather(
            "DenseKit \(DenseKitVersion.current), libtorch \(Engine.version)")
        if let other = versions.firstIndex(where: { $0 != versions[0] }) {
            throw ProcessGroupError(
                "process 0 runs \(versions[0]), and process \(other) runs \(versions[other])",
                remedy: "start the same program on all machines")
        }
        let texts = try processes.gather(experiment.node.yaml())
        guard let other = texts.firstIndex(where: { $0 != texts[0] }) else { return }
        let first = try YAMLNode.parse(texts[0], file: "process 0", environment: [:])
        let second = try YAMLNode.parse(texts[other], file: "process \(other)", environment: [:])
        let differences = second.differences(from: first).prefix(5).map(\.description)
        guard !differences.isEmpty else { return }
        throw ProcessGroupError(
            "process \(other) has another configuration than process 0: \(differences.joined(separator: "; "))",
            remedy: "start all processes with the same file and the same overrides")
    }

    /// Compares the number of images and the class names of the training set.
    ///
    /// - Throws: `ProcessGroupError` where they are not the same: the order of images would be
    ///   another.
    static func checkData(_ dataset: any Dataset, of processes: Processes) throws {
        guard processes.count > 1 else { return }
        let names = FNV1a(dataset.classes.names.joined(separator: "\n").utf8).digits
        let count = "\(dataset.count) images, \(dataset.classes.count) classes"
        let found = try processes.gather("\(count)\n\(names)")
        guard let other = found.firstIndex(where: { $0 != found[0] }) else { return }
        let counts = [0, other].map { found[$0].split(separator: "\n")[0] }
        let problem =
            counts[0] == counts[1]
            ? "class names in another order than on process 0"
            : "\(counts[1]), and on process 0 \(counts[0])"
        throw ProcessGroupError(
            "the training set has on process \(other) \(problem)",
            remedy: "give all machines the same files")
    }

    /// Compares the values of `tensors`, by a hash of their bytes.
    ///
    /// - Throws: `ProcessGroupError` with the first tensor that is not the same on all processes.
    static func checkWeights(_ tensors: [NamedTensor], of processes: Processes) throws {
        guard processes.count > 1 else { return }
        let own = try withoutGrad {
            try tensors.map { tensor in
                var hash = FNV1a()
                let bytes = try tensor.tensor.bytes()
                bytes.withUnsafeBytes { raw in
                    for word in raw.bindMemory(to: UInt64.self) { hash.add(word) }
                    hash.add(raw.suffix(raw.count % 8))
                }
                return "\(tensor.name) \(hash.digits)"
            }
        }
        let all = try processes.gather(own.joined(separator: "\n")).map {
            $0.split(separator: "\n")
        }
        guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
        let pair = zip(all[0], all[other]).first { $0 != $1 }
        let name = pair.map { String($0.1.prefix { $0 != " " }) } ?? "the number of tensors"
        throw ProcessGroupError(
            "the weights of process \(other) are not those of process 0: \(name) is the first that differs",
            remedy: "give all processes the same weights files and the same seed")
    }
}
