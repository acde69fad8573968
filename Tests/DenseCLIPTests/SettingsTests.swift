import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP
@testable import DenseKitLanguageGuidance

/// What YAML says to the prompter: the settings of the chosen way of prompting and no others.
@Suite struct SettingsTests {
    private func settings(_ yaml: String) throws -> DenseCLIP.Configuration {
        try .decode(yaml: yaml, file: "a.yaml")
    }

    @Test func postIsTheDefault() throws {
        let post = try #require(try settings("{}").prompting as? PostModelPrompting.Settings)
        #expect(post.numContexts == 8 && post.contextLength == 5 && post.gamma == 1e-4)
        #expect(post.contextDecoder.layers == 3 && post.contextDecoder.width == 256)
    }

    /// Defaults are those of the chosen way, below nested settings too.
    @Test func defaultsOfAWay() throws {
        let pre = try settings("{prompting: pre, context_decoder: {width: 128}, temperature: 0.1}")
        let own = try #require(pre.prompting as? PreModelPrompting.Settings)
        #expect(
            own.contextDecoder.layers == 6 && own.contextDecoder.width == 128
                && pre.common.temperature == 0.1)
        let template = try settings("{prompting: template}")
        #expect((template.prompting as? LanguagePrompting.TemplateSettings)?.contextLength == 77)
        let both = try settings("{prompting: post_template, template: '{}', gamma: 1}")
        #expect((both.prompting as? PostModelPrompting.TemplateSettings)?.gamma == 1)
    }

    @Test(arguments: PromptingMode.allCases) func writtenAndReadAgain(_ mode: PromptingMode) throws
    {
        let written = try YAMLNode(encoding: DenseCLIP.Configuration(mode))
        #expect(
            written["prompting"]?.scalar?.text == mode.rawValue && written["temperature"] != nil)
        #expect(try YAMLNode(encoding: settings(written.yaml())) == written)
    }

    /// Over a base for another way, null takes a setting away.
    @Test func nullTakesAway() throws {
        let contexts = try settings(
            "{prompting: contexts, num_contexts: 4, context_decoder: null, gamma: null}")
        #expect((contexts.prompting as? LanguagePrompting.Settings)?.numContexts == 4)
        #expect(try YAMLNode(encoding: contexts)["gamma"] == nil)
    }

    @Test(arguments: [
        (
            "{prompting: after}",
            "a.yaml:1:13: prompting: 'after' is none of post, post_template, pre, contexts, template"
        ),
        (
            "{prompting: contexts, gamma: 0.1}",
            "a.yaml:1:23: 'gamma' is a setting of prompting `post`, `post_template`, and the prompting here is `contexts`; "
                + "remove it, or over a base that has it write gamma: null"
        ),
        (
            "{prompting: template, num_contexts: 8}",
            "a.yaml:1:23: 'num_contexts' is a setting of prompting `post`, `pre`, `contexts`, and the prompting here is `template`; "
                + "remove it, or over a base that has it write num_contexts: null"
        ),
        (
            "{template: 'a {}'}",
            "a.yaml:1:2: 'template' is a setting of prompting `post_template`, `template`, and the prompting here is `post`; "
                + "remove it, or over a base that has it write template: null"
        ),
        (
            "{prompting: pre, gamma: 1e-4}",
            "a.yaml:1:18: 'gamma' is a setting of prompting `post`, `post_template`, and the prompting here is `pre`; "
                + "remove it, or over a base that has it write gamma: null"
        ),
        (
            "{prompting: template, tempelate: x}",
            "a.yaml:1:23: unknown key 'tempelate'; did you mean 'template'? (keys: prompting, template, context_length, tokenizer, "
                + "vocabulary, text_encoder, attention_pool, temperature, scaled_score_map, score_target, loss)"
        ),
    ])
    func mistakes(_ yaml: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try settings(yaml) }
        #expect(error.description == expected)
    }

    @Test(arguments: [
        ("num_contexts: 0", "num_contexts must be 1…4096, found 0"),
        ("prompting: pre, num_contexts: 0", "num_contexts must be 1…4096, found 0"),
        (
            "num_contexts: 9223372036854775807",
            "num_contexts must be 1…4096, found 9223372036854775807"
        ),
        ("context_length: 1", "context_length must be 2…4096, found 1"),
        ("prompting: contexts, context_length: 1", "context_length must be 2…4096, found 1"),
        ("prompting: template, context_length: 1", "context_length must be 2…4096, found 1"),
        (
            "prompting: template, template: a photo",
            "template needs one {} where the class's name goes, found 'a photo'"
        ),
        (
            "prompting: template, template: '{} {}'",
            "template needs one {} where the class's name goes, found '{} {}'"
        ),
        ("temperature: 0", "temperature must be 1e-06…1000000.0, found 0.0"),
        (
            "text_encoder: {width: 10, heads: 3}",
            "the text encoder's width 10 cannot be shared by 3 heads"
        ),
        (
            "context_decoder: {width: 10, heads: 3}",
            "the context decoder's width 10 cannot be shared by 3 heads"
        ),
        (
            "prompting: pre, context_decoder: {width: 0}",
            "the context decoder's width must be 1…65536, found 0"
        ),
        (
            "context_decoder: {layers: 9223372036854775807}",
            "the context decoder's layers must be 1…1000, found 9223372036854775807"
        ),
        (
            "context_decoder: {dropout: -1}",
            "the context decoder's dropout must be 0.0…1.0, found -1.0"
        ),
        ("attention_pool: {output_dim: 0}", "output_dim must be 1…65536, found 0"),
        (
            "attention_pool: {input_resolution: 9223372036854775807}",
            "input_resolution must be 32…32768, found 9223372036854775807"
        ),
    ])
    func outOfRange(_ settings: String, _ expected: String) throws {
        let registry = try Registry([CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin()])
        let context = BuildContext(
            registry: registry, classNames: ["a"], features: [FeatureSpec(channels: 64, stride: 32)]
        )
        let text =
            settings.hasPrefix("text_encoder")
            ? "" : "text_encoder: {width: 8, heads: 2, layers: 1}, "
        struct Root: YAMLConfiguration { var prompter: ComponentNode? }
        let node = try YAMLNode.parse(
            "prompter: {type: DenseCLIP, tokenizer: bytes, \(text)\(settings)}")
        let component = try #require(try node.decode(Root.self).prompter)
        #expect(try refusal { try registry.prompters.make(component, context) } == expected)
    }
}
