import DenseKitCore
import Foundation

/// A data set made of scenes; a plugin brings the configuration that trains on it.
protocol Demonstration {
    /// What a plugin's configuration must be for.
    static var scenes: DemoConfiguration.Scenes { get }

    /// - Parameter root: the folder of the data set
    init(root: String)

    var trainingCount: Int { get }
    var validationCount: Int { get }

    /// The names of the classes that are labelled.
    var classes: [String] { get }

    /// Writes the files that are not there yet.
    func write() throws

    /// The result in a few words, as `mIoU 81.25`.
    func headline(_ report: any EvaluationReport) -> String
}

extension Demonstration {
    /// A metric of the report.
    func metric(_ name: String, of report: any EvaluationReport) -> String {
        report.summary.first { $0.name == name }.map { String(format: "%.2f", $0.value) } ?? "none"
    }

    /// `scene_0042`.
    func sceneName(_ index: Int) -> String {
        "scene_" + String(repeating: "0", count: max(0, 4 - String(index).count)) + String(index)
    }
}
