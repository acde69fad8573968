import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// How the text embeddings of the classes are made, by the names in YAML. (section 3.3)
public enum PromptingMode: String, Codable, Sendable, CaseIterable {
    /// Learned contexts before the name; the context decoder then refines the text by the image
    /// (post-model prompting, equations 5 and 6).
    case post
    /// A fixed template around the name; the context decoder then refines the text by the image.
    case postTemplate = "post_template"
    /// Contexts that the context decoder makes of the image, before the name (pre-model prompting,
    /// equation 4).
    case pre
    /// Learned contexts before the name; no image changes the text (language-domain prompting,
    /// equation 3).
    case contexts
    /// A fixed template around the name; no image changes the text.
    case template

    var settings: any PromptingSettings.Type {
        switch self {
        case .post: PostModelPrompting.Settings.self
        case .postTemplate: PostModelPrompting.TemplateSettings.self
        case .pre: PreModelPrompting.Settings.self
        case .contexts: LanguagePrompting.Settings.self
        case .template: LanguagePrompting.TemplateSettings.self
        }
    }
}

/// The settings of one way of prompting.
protocol PromptingSettings: YAMLConfiguration {
    static var mode: PromptingMode { get }

    /// The text around a class name, and how long it may be.
    ///
    /// - Throws: `SettingError` for values out of range.
    var form: PromptForm { get throws }

    func make(_ parts: PromptParts) throws -> any Prompting
}

/// What the ways of prompting are built from.
struct PromptParts {
    let context: BuildContext
    /// The classes as prompts; nil in a model with cached text embeddings instead of a text
    /// encoder.
    let tokens: PromptTokens?
    let textEncoder: TextEncoderSettings
    /// Width of visual and text embeddings.
    let width: Int

    /// The text embeddings that no image changes: computed by `source`, or cached.
    func text(_ source: (CLIPTextEncoder.Configuration) throws -> any TextSource) throws
        -> ClassText
    {
        guard let tokens else {
            return ClassText(try CachedTextEmbeddings(classes: context.classCount, width: width))
        }
        return ClassText(try source(tokens.encoder(textEncoder, outputDim: width)))
    }
}
