import DenseKit

extension Session {
    /// The model with the weights at `path`, in inference mode.
    ///
    /// Throws `LoadError` for another model's weights and `OtherClasses` where the checkpoint was trained for other classes.
    func trainedModel(_ path: String, classes: ClassList) throws -> DenseModel {
        let (tensors, metadata) = try WeightsFile.load(path)
        if let trained = Checkpoint.classes(in: metadata), trained.names != classes.names {
            throw OtherClasses(path: path, trained: trained.names, data: classes.names)
        }
        let model = try model(classes)
        let report = try model.loadPretrained(tensors, atLeast: 1, source: path)
        guard report.unexpected.isEmpty else { throw LoadError(report: report, source: path, atLeast: 1) }
        try model.setTraining(false)
        return model
    }
}

/// Weights that were trained for other classes than the data set has.
struct OtherClasses: Error, CustomStringConvertible {
    let path: String
    let trained: [String]
    let data: [String]

    var description: String {
        let place = zip(trained, data).enumerated().first { $0.element.0 != $0.element.1 }
        let difference =
            place.map { "class \($0.offset) is '\($0.element.0)' there and '\($0.element.1)' here" } ?? "one list is longer"
        return
            "\(path) was trained for \(trained.count) classes, the data set has \(data.count): \(difference). Measure it on data with its own "
            + "classes, or train for these"
    }
}
