/// What stops training.
public enum TrainingError: Error, CustomStringConvertible, Sendable {
    case noLoss
    /// A loss or metric of the model has a name that the log uses for something else.
    case reservedName(String)
    case noMoreData
    /// Nothing pulls at any weight.
    case zeroLoss
    /// Images below the least side that the backbone sees, in pixels.
    case smallImages(Int)
    /// More training images than `data.max_bad_share` allows cannot be read: how many of how many, and the last of them.
    case badImages(Int, of: Int, share: Double, last: String)
    case badLosses(Int, [String])
    /// A weight is infinite or not a number; nothing was saved. The newest good checkpoint, where there is one.
    case notFinite(tensor: String, newest: String?)
    /// Training came to its end, but checkpoints could not be saved on the way. How many, and the newest good one, where there is one.
    case failedSaves(Int, newest: String?)

    public var description: String {
        switch self {
        case .noLoss:
            "the model has no loss: neither its head nor its prompter returned a term to minimise; one is added with "
                + "`losses.add(term: …)`"
        case .reservedName(let name):
            "a loss or metric of the model is named '\(name)', under which the log says something else: give it another name, such as "
                + "'\(name)_1'"
        case .noMoreData: "the data set came to an end"
        case .zeroLoss:
            "the loss of the first step is 0, so nothing is learned: see whether a loss has a weight of 0, all class_weights are 0, or "
                + "the labels of its images are ignored"
        case .smallImages(let least):
            "the backbone sees no image with a side below \(least) pixels: add Resize or Pad to data.train_pipeline"
        case .badImages(let count, let images, let share, let last):
            "\(count) of \(images) training images cannot be read, which is more than data.max_bad_share: \(share) allows; the last of them: "
                + "\(last). Mend the files that the log names, or find them all with `densekit check`"
        case .badLosses(let count, let names):
            "the loss was not finite \(count) times in a row; last images: \(names.joined(separator: ", ")). Lower the learning rate, or "
                + "check the labels with `densekit check`"
        case .notFinite(let tensor, let newest):
            "\(tensor) holds values that are infinite or not a number, so no checkpoint was saved; the newest good one is "
                + "\(newest ?? "none: there was none yet"). Lower the learning rate, or set train.clip_norm, and go on from it"
        case .failedSaves(let count, let newest):
            "\(count) checkpoint\(count == 1 ? "" : "s") could not be saved (the log says why); the newest good one is "
                + (newest ?? "none: the run is lost")
        }
    }
}

/// A step of training that failed, with the images that it was on.
public struct BatchError: Error, CustomStringConvertible, Sendable {
    public let images: [String]
    /// Of the batch, in pixels.
    public let height: Int
    public let width: Int
    public let underlying: any Error

    public var description: String {
        let rest = images.count > 4 ? " and \(images.count - 4) more" : ""
        return
            "a batch of \(images.count) images of \(height)×\(width) (\(images.prefix(4).joined(separator: ", "))\(rest)): \(underlying)"
    }
}
