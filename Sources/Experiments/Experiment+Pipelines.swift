import DenseKitComponents
import DenseKitData
import DenseKitVision

extension Experiment {
    /// Warnings, a sentence each, where images are normalised differently at test time than in
    /// training, or a pipeline has no `Normalize`.
    ///
    /// - Parameter tested: the configuration whose test pipeline is used; nil for this one
    /// - Throws: what building the pipelines throws.
    public func pipelineWarnings(testedBy tested: Experiment? = nil) throws -> [String] {
        let other = tested ?? self
        let test = Stage(
            name: "data.test_pipeline", nodes: other.configuration.data.testPipeline,
            pipeline: try other.testPipeline())
        var warnings = test.normalization == nil ? [test.missing] : []
        guard configuration.data.train != nil else { return warnings }
        let train = Stage(
            name: "data.train_pipeline", nodes: configuration.data.trainPipeline,
            pipeline: try trainPipeline())
        guard let trained = train.normalization else { return [train.missing] + warnings }
        if let measured = test.normalization, measured != trained {
            warnings.append(
                "\(test.place ?? other.file): data.test_pipeline normalises by \(measured.summary), and data.train_pipeline "
                    + "(\(train.place ?? file)) by \(trained.summary): the network is tested on other levels than it was trained on"
            )
        }
        return warnings
    }
}

/// A pipeline, and where it normalises.
private struct Stage {
    let name: String
    let nodes: [ComponentNode]
    let pipeline: Pipeline

    var normalization: Normalization? { pipeline.normalization }
    /// Where the transform that normalises is written.
    var place: String? {
        zip(nodes, pipeline.transforms).first { $0.1.normalization != nil }.map {
            "\($0.0.location)"
        }
    }
    var missing: String {
        let place = nodes.first.map { "\($0.location): " } ?? ""
        return
            "\(place)\(name) has no Normalize: the network gets levels of 0…255, where most weights were trained on normalised ones"
    }
}

extension Normalization {
    fileprivate var summary: String {
        func list(_ numbers: [Double]) -> String {
            "[" + numbers.map { "\(($0 * 100).rounded() / 100)" }.joined(separator: ", ") + "]"
        }
        return "mean \(list(mean)) and std \(list(std))"
    }
}
