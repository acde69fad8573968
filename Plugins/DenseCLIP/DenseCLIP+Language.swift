import DenseKitCore

extension DenseCLIP: TextCaching {
    /// The text embeddings of the classes before an image changes them: `text_embeddings [k, d]`.
    /// (section 3.3)
    ///
    /// - Throws: `SettingError` for `prompting: pre`, which computes the text embeddings again for
    ///   every image.
    public func cachedText() throws -> [String: Tensor] {
        guard let text = prompting.text else {
            throw SettingError(PreModelPrompting.Settings.notCached)
        }
        let embeddings = try withoutGrad { try text(names) }
        return ["text_embeddings": try embeddings.selected(0, 0)]
    }
}

extension DenseCLIP: LanguageClassifier {
    /// Prepares score maps of other class names, in the prompt form of the training.
    ///
    /// - Parameter classNames: class names, one for each channel of the result
    /// - Returns: a function from the backbone's features to score maps `[n, k, h, w]` on the
    ///   language map's grid: cosines, over τ with `scaled_score_map`
    /// - Throws: `SettingError` for a model without tokenizer, as after an export, and for a name
    ///   whose prompt is too long; `TokenizerError` for text that cannot be tokenized.
    public func scoring(_ classNames: [String]) throws -> (Features, ForwardPass) throws -> Tensor {
        guard let tokenize else {
            throw SettingError(
                "new class names need the model's text encoder and tokenizer, and this model has none: it was exported with the text of its own classes. "
                    + "Use the checkpoint that it was exported from")
        }
        let names = try tokenize(classNames)
        return { features, step in try self.compare(features, with: names, step).scoreMap }
    }
}
