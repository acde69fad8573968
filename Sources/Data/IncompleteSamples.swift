/// What becomes of a data set some of whose samples are not whole when it is opened: an image without a mask, a name in a list without an
/// image, two images for one mask.
public enum IncompleteSamples: Sendable {
    /// The data set is not opened: one error, with a count.
    case refused
    /// They stay in it, and reading one throws what is wrong with it.
    case kept

    @TaskLocal static var policy = IncompleteSamples.refused

    /// Runs `body`; data sets that it opens keep their incomplete samples, so that whoever reads all samples learns of every one. For finding
    /// mistakes: to train and to measure, a data set has to be whole.
    public static func keeping<Value>(_ body: () throws -> Value) rethrows -> Value {
        try $policy.withValue(.kept, operation: body)
    }
}
