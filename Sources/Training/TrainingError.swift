import DenseKitConfiguration
import DenseKitErrors

/// Why training cannot start or continue.
public enum TrainingError: DenseKitError {
    /// The model returned no loss to minimise.
    case noLoss
    /// A loss or metric of the model has this name, which the log uses for something else.
    case reservedName(String)
    /// A setting names a metric that validations do not report, and those that they do.
    case unknownMetric(String, setting: String, known: [String])
    /// A hook that belongs to the run of an experiment is in a trainer without one.
    case hookWithoutRun(String)
    /// The loader ended before the last iteration.
    case noMoreData
    /// The loss of the first step is 0, so that no weight is trained.
    case zeroLoss
    /// Images are smaller than the backbone's smallest side, in pixels.
    case smallImages(Int)
    /// More training images cannot be read than `data.max_bad_share` allows: how many of how many,
    /// the allowed share, and the reason for the last one.
    case badImages(Int, of: Int, share: Double, last: String)
    /// The loss was not finite so many times in a row, and the images of the last batch.
    case badLosses(Int, [String])
    /// The gradients were not finite at any scale of the losses, with the last scale and the images
    /// of the last batch.
    case overflow(scale: Double, [String])
    /// A weight is not finite, so no checkpoint was saved. `newest` is the newest intact one; nil
    /// where there is none.
    case notFinite(tensor: String, newest: String?)
    /// Training is done, but so many checkpoints could not be saved. `newest` is the newest intact
    /// one; nil where there is none.
    case failedSaves(Int, newest: String?)

    public var problem: String {
        switch self {
        case .noLoss:
            "the model has no loss: neither its head nor its prompter returned a term to minimise; one is added with "
                + "`losses.add(term: …)`"
        case .reservedName(let name):
            "a loss or metric of the model is named '\(name)', under which the log says something else"
        case .unknownMetric(let name, let setting, let known):
            "\(setting): validations report no metric '\(name)', but \(known.joined(separator: ", "))"
        case .hookWithoutRun(let hook):
            "the hook \(hook) has no run: it needs a work directory, which only the trainer of an experiment has"
        case .noMoreData: "the data set came to an end"
        case .zeroLoss: "the loss of the first step is 0, so nothing is trained"
        case .smallImages(let least):
            "the backbone takes no image with a side below \(least) pixels"
        case .badImages(let count, let images, let share, let last):
            "\(count) of \(images) training images cannot be read, which is more than data.max_bad_share: \(share) "
                + "allows; the last of them: \(last)"
        case .badLosses(let count, let names):
            "the loss was not finite \(count) times in a row; last images: \(names.joined(separator: ", "))"
        case .overflow(let scale, let names):
            "the gradients were not finite at any scale of the loss down to \(scale); last images: \(names.joined(separator: ", "))"
        case .notFinite(let tensor, let newest):
            "\(tensor) holds values that are infinite or not a number, so no checkpoint was saved; the newest good one is "
                + (newest ?? "none: there was none yet")
        case .failedSaves(let count, let newest):
            "\(count) checkpoint\(count == 1 ? "" : "s") could not be saved (the log says why); the newest good one is "
                + (newest ?? "none: the run is lost")
        }
    }

    public var remedy: String? {
        switch self {
        case .noLoss, .noMoreData, .failedSaves: nil
        case .unknownMetric(let name, _, let known):
            nearestSpelling(to: name, among: known).map { "did you mean '\($0)'?" }
                ?? "name one of them"
        case .hookWithoutRun:
            "make the trainer with `Experiment.trainer(in:)`, or leave the hook out"
        case .reservedName(let name): "give it another name, such as '\(name)_1'"
        case .zeroLoss:
            "see whether a loss has a weight of 0, all class_weights are 0, or the labels of its images are ignored"
        case .smallImages: "add Resize or Pad to data.train_pipeline"
        case .badImages: "Mend the files that the log names, or find them all with \(Term.check)."
        case .badLosses: "Lower the learning rate, or check the labels with \(Term.check)."
        case .overflow:
            "Train with train.precision: bfloat16 or float32, or lower the learning rate."
        case .notFinite: "Lower the learning rate, or set train.clip_norm, and resume from it."
        }
    }

    public var origin: ErrorOrigin {
        switch self {
        case .noLoss, .reservedName, .noMoreData, .hookWithoutRun: .program
        case .unknownMetric: .configuration
        case .zeroLoss, .smallImages, .badImages, .badLosses, .overflow, .notFinite: .input
        case .failedSaves: .environment
        }
    }
}

/// A training step that failed, with the images of its batch.
public struct BatchError: DenseKitError {
    /// The names of the images.
    public let images: [String]
    /// The height of the batch in pixels.
    public let height: Int
    /// The width of the batch in pixels.
    public let width: Int
    /// What the step threw.
    public let underlying: any Error

    public var place: String? {
        let rest = images.count > 4 ? " and \(images.count - 4) more" : ""
        return
            "a batch of \(images.count) images of \(height)×\(width) (\(images.prefix(4).joined(separator: ", "))\(rest))"
    }
    public var problem: String { "\(underlying)" }
    public var origin: ErrorOrigin { ErrorOrigin(of: underlying) }
}
