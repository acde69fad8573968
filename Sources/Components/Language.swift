private enum CachedTextKey: BuildContextKey {
    static let defaultValue = false
}

extension BuildContext {
    /// Whether the text embeddings of the classes are loaded with the weights: then no text encoder
    /// is built, and no tokenizer is needed.
    public var textIsCached: Bool {
        get { self[CachedTextKey.self] }
        set { self[CachedTextKey.self] = newValue }
    }
}

/// A prompter whose text embeddings of the classes do not depend on the image, so that they can be
/// computed once and stored in place of the text encoder. (Rao et al., CVPR 2022, section 3.3)
public protocol TextCaching: Prompter {
    /// The tensors, by their checkpoint keys, that replace the text encoder in a model built with
    /// `BuildContext.textIsCached`.
    ///
    /// Call it in inference mode.
    ///
    /// - Throws: `SettingError` where every image has a text of its own.
    func cachedText() throws -> [String: Tensor]
}

/// A prompter that can score positions for any class names (open vocabulary).
public protocol LanguageClassifier: Prompter {
    /// A function from the backbone's features to the score maps of `classNames`, `[n, k, h, w]`
    /// for k class names.
    ///
    /// - Throws: `SettingError`, and the tokenizer's errors, for class names that the prompter
    ///   cannot encode.
    func scoring(_ classNames: [String]) throws -> (Features, ForwardPass) throws -> Tensor
}

extension DenseModel {
    /// This model without its text encoder: the text embeddings of its classes are computed once
    /// and stored in its place.
    ///
    /// - Parameter build: builds the model again, with `BuildContext.textIsCached` set
    /// - Throws: `LanguageError` where the prompter has no such text, `SettingError` where it
    ///   depends on the image.
    public func cachingText(_ build: () throws -> DenseModel) throws -> DenseModel {
        guard let prompter = prompter as? any TextCaching else {
            throw LanguageError.noTextToCache(prompter.map { "\(type(of: $0))" })
        }
        let text = try prompter.cachedText()
        let model = try build()
        let names = Set(try model.namedTensors().map(\.name))
        let own = try namedTensors().filter { names.contains($0.name) }.map { ($0.name, $0.tensor) }
        try model.load(
            Dictionary(uniqueKeysWithValues: own).merging(text) { $1 },
            source: "the model with its text encoder")
        try model.setTraining(isTraining)
        return model
    }

    /// A classifier of positions by `classNames` in place of the model's classes: the score map is
    /// the prediction, and the head is not used.
    ///
    /// - Returns: a function from normalised images `[n, 3, h, w]` to predictions over `classNames`
    /// - Throws: `LanguageError` for a model whose prompter gives no score map, and what the
    ///   prompter throws for the class names.
    public func classifier(for classNames: [String]) throws -> (Tensor) throws -> any Predictions {
        guard let prompter = prompter as? any LanguageClassifier else {
            throw LanguageError.noScoreMap(prompter.map { "\(type(of: $0))" })
        }
        let score = try prompter.scoring(classNames)
        return { images in
            SegmentationPredictions(embedding: try score(self.backbone(images), ForwardPass())) {
                $0
            }
        }
    }
}

/// Thrown where an operation needs language that the model's prompter, or a model without one, does
/// not have.
public enum LanguageError: DenseKitError {
    /// There are no text embeddings to cache in place of a text encoder; the type of the prompter,
    /// nil for a model without one.
    case noTextToCache(String?)
    /// There is no score map for new class names; the type of the prompter, nil for a model without
    /// one.
    case noScoreMap(String?)

    public var problem: String {
        switch self {
        case .noTextToCache(let prompter):
            "\(Self.owner(prompter)) has no text that could be cached in place of a text encoder"
        case .noScoreMap(let prompter):
            "\(Self.owner(prompter)) has no score map that new class names could be compared with"
        }
    }

    public var remedy: String? {
        switch self {
        case .noTextToCache: "use its checkpoint as it is"
        case .noScoreMap: "that takes a prompter with language"
        }
    }

    public var origin: ErrorOrigin { .configuration }

    private static func owner(_ prompter: String?) -> String {
        prompter.map { "the prompter \($0)" } ?? "a model without prompter"
    }
}
