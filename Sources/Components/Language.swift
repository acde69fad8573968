private enum KeptTextKey: BuildContextKey {
    static let defaultValue = false
}

extension BuildContext {
    /// Whether the text embeddings of the classes come with the weights: no text encoder is built, and no tokenizer is needed.
    public var textIsKept: Bool {
        get { self[KeptTextKey.self] }
        set { self[KeptTextKey.self] = newValue }
    }
}

/// A prompter whose text of the classes depends on no image, so that it can be computed once and kept in place of the text encoder.
/// (Rao et al., CVPR 2022, section 3.3)
public protocol TextKeeping: Prompter {
    /// The tensors that a model built with `BuildContext.textIsKept` has in place of the text encoder, by their checkpoint keys.
    ///
    /// For a model in inference mode. Throws `SettingError` where every image has a text of its own.
    func keptText() throws -> [String: Tensor]
}

/// A prompter that can compare positions with any words.
public protocol LanguageClassifier: Prompter {
    /// A function from what the backbone sees to the words' score maps, `[n, words, h, w]`.
    ///
    /// Throws `SettingError` and the tokenizer's errors for words that it has no text for.
    func scoring(_ words: [String]) throws -> (Features, ForwardPass) throws -> Tensor
}

extension DenseModel {
    /// The same model without its text encoder: the text of its classes, computed once, stands in its place.
    ///
    /// - Parameter build: makes the model anew, with `BuildContext.textIsKept`
    /// - Throws: `LanguageError` and `SettingError` where there is no such text.
    public func keepingText(_ build: () throws -> DenseModel) throws -> DenseModel {
        guard let prompter = prompter as? any TextKeeping else {
            throw LanguageError.noTextToKeep(prompter.map { "\(type(of: $0))" })
        }
        let text = try prompter.keptText()
        let model = try build()
        let names = Set(try model.namedTensors().map(\.name))
        let own = try namedTensors().filter { names.contains($0.name) }.map { ($0.name, $0.tensor) }
        try model.load(Dictionary(uniqueKeysWithValues: own).merging(text) { $1 }, source: "the model with its text encoder")
        try model.setTraining(isTraining)
        return model
    }

    /// A classifier of positions by `words` in place of the model's classes: the score map decides, and the head is not asked.
    ///
    /// - Returns: a function from images `[n, 3, h, w]`, normalised, to predictions over the words
    /// - Throws: `LanguageError` for a model without score map, and what the prompter says of the words.
    public func classifier(for words: [String]) throws -> (Tensor) throws -> any Predictions {
        guard let prompter = prompter as? any LanguageClassifier else {
            throw LanguageError.noScoreMap(prompter.map { "\(type(of: $0))" })
        }
        let score = try prompter.scoring(words)
        return { images in
            SegmentationPredictions(embedding: try score(try self.backbone(images), ForwardPass())) { $0 }
        }
    }
}

/// What a model without language, or with another kind of it, is asked for in vain.
public enum LanguageError: DenseKitError {
    /// The prompter, where there is one.
    case noTextToKeep(String?)
    case noScoreMap(String?)

    public var problem: String {
        switch self {
        case .noTextToKeep(let prompter):
            "\(Self.owner(prompter)) has no text that could be kept in place of a text encoder"
        case .noScoreMap(let prompter):
            "\(Self.owner(prompter)) has no score map that new words could be compared by"
        }
    }

    public var remedy: String? {
        switch self {
        case .noTextToKeep: "use its checkpoint as it is"
        case .noScoreMap: "that takes a prompter with language"
        }
    }

    public var origin: ErrorOrigin { .configuration }

    private static func owner(_ prompter: String?) -> String {
        prompter.map { "the prompter \($0)" } ?? "a model without prompter"
    }
}
