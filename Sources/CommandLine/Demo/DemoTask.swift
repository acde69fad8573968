import ArgumentParser

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
enum DemoError: Error, CustomStringConvertible {
    case noScore
    case noConfiguration(DemoTask)

    var description: String {
        switch self {
        case .noScore: "training ended without a validation: give --iterations at least 1"
        case .noConfiguration(let task):
            "no plugin of this program brings a demonstration of \(task): choose another --task, or link a plugin that does"
        }
    }
}
