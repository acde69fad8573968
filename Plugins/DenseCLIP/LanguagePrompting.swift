import DenseKitCore
import DenseKitLanguageGuidance

/// Text that no image changes. (Language-domain prompting, section 3.3 and Table 2's "+ language
/// prompt"; or CLIP's own templates)
enum LanguagePrompting {
    struct Settings: PromptingSettings {
        static let mode = PromptingMode.contexts

        /// Learned context vectors before every class name, 1…4096.
        var numContexts = 8
        /// Tokens of a class name, start and end included, 2…4096. Byte-pair encoding only: bytes
        /// take the longest name's.
        var contextLength = 5

        var form: PromptForm {
            get throws { try PromptForm(contexts: numContexts, length: contextLength) }
        }

        func make(_ parts: PromptParts) throws -> any Prompting {
            SharedPrompts(
                try parts.text { try LearnedContexts($0, count: numContexts, parts.context) })
        }
    }

    struct TemplateSettings: PromptingSettings {
        static let mode = PromptingMode.template

        /// The prompt of every class, with one `{}` for the class name.
        var template = "a photo of a {}."
        /// Tokens of a whole prompt, start and end included, 2…4096. Byte-pair encoding only: bytes
        /// take the longest prompt's.
        var contextLength = 77

        var form: PromptForm {
            get throws { try PromptForm(template: template, length: contextLength) }
        }

        func make(_ parts: PromptParts) throws -> any Prompting {
            SharedPrompts(try parts.text { try FixedTemplate($0, parts.context) })
        }
    }
}
