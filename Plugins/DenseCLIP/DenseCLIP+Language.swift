import DenseKitCore

extension DenseCLIP: TextKeeping {
    /// The text embeddings of the classes, where no image changes them. (section 3.3)
    public func keptText() throws -> [String: Tensor] {
        guard let text = prompting.text else { throw SettingError(PreModelPrompting.Settings.notKept) }
        let embeddings = try withoutGrad { try text(names) }
        return ["text_embeddings": try embeddings.selected(0, 0)]
    }
}

extension DenseCLIP: LanguageClassifier {
    public func scoring(_ words: [String]) throws -> (Features, ForwardPass) throws -> Tensor {
        guard let tokenize else {
            throw SettingError(
                "new words need the model's text encoder and tokenizer, and this model has none: it was exported with the text of its own classes. "
                    + "Use the checkpoint that it was exported from")
        }
        let names = try tokenize(words)
        return { features, step in try self.compare(features, with: names, step).scoreMap }
    }
}
