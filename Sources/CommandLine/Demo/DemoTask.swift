import ArgumentParser
import DenseKitCore

/// What `densekit demo` can show.
enum DemoTask: String, ExpressibleByArgument, CaseIterable {
    case segmentation, detection

    var demonstration: any Demonstration.Type {
        switch self {
        case .segmentation: SegmentationDemo.self
        case .detection: DetectionDemo.self
        }
    }
}

/// A demonstration that cannot be run, or that ended without a score.
enum DemoError: DenseKitError {
    case noScore
    case noConfiguration(DemoTask)

    var problem: String {
        switch self {
        case .noScore: "training ended without a validation"
        case .noConfiguration(let task):
            "no plugin of this program brings a demonstration of \(task)"
        }
    }

    var remedy: String? {
        switch self {
        case .noScore: "give --iterations at least 1"
        case .noConfiguration: "choose another --task, or link a plugin that does"
        }
    }

    var origin: ErrorOrigin { .input }
}
