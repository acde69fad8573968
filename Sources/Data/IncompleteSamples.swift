/// How a data set is opened that has incomplete samples: an image without a mask, a name in a list
/// without an image, two images for one mask.
public enum IncompleteSamples: Sendable {
    /// Opening the data set throws one error, with the number of such samples.
    case refused
    /// The samples stay in the data set, and reading one of them throws its error.
    case accepted

    @TaskLocal static var policy = IncompleteSamples.refused

    /// Runs `body`; data sets that it opens keep their incomplete samples, so that the errors of
    /// all of them can be found. To train and to evaluate, a data set has to be complete.
    public static func keeping<Value>(_ body: () throws -> Value) rethrows -> Value {
        try $policy.withValue(.accepted, operation: body)
    }
}
