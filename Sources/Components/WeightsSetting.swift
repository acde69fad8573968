/// Where a component's weights come from when training begins: a file, or a file with what is wanted of it.
///
///     backbone: { type: ResNet, weights: pretrained/resnet50.pth }
///     weights: { file: best.pth, reinitialize: [decode_head.conv_seg] }
public struct WeightsSetting: Codable, Sendable {
    /// A safetensors file, a checkpoint, or a file that PyTorch wrote.
    public var file: Located<String>
    /// What stands before the file's keys, where it holds the model more than once, such as `teacher`. Else it is found.
    public var prefix: String?
    /// Begin these tensors anew: beginnings of checkpoint keys within the component, such as the classifier of other classes; `*` stands for
    /// one name between dots.
    public var reinitialize: [String]
    /// Leave these tensors of the file out, which have no place in the component: beginnings of the file's keys, `*` as above.
    public var ignore: [String]
    /// The share of the component's tensors that the file has to bring.
    public var atLeast: Double

    /// The usual share: less looks like another model's file.
    public static let usualShare = 0.9

    public init(
        _ file: Located<String>, prefix: String? = nil, reinitialize: [String] = [], ignore: [String] = [],
        atLeast: Double = usualShare
    ) {
        (self.file, self.prefix, self.reinitialize, self.ignore) = (file, prefix, reinitialize, ignore)
        self.atLeast = atLeast
    }

    private struct Mapping: YAMLConfiguration {
        var file: Located<String>?
        var prefix: String?
        var reinitialize: [String] = []
        var ignore: [String] = []
        var atLeast: Located<Double> = Located(WeightsSetting.usualShare)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `weights: resnet50.pth`; whatever is neither text nor a mapping is told what a mapping has.
        if let file = try? container.decode(Located<String>.self), !file.value.isEmpty {
            self.init(file)
            return
        }
        let mapping = try container.decode(Mapping.self)
        guard let file = mapping.file, !file.value.isEmpty else {
            throw SettingError("expected the path of a file of weights, as `weights: PATH` or `weights: {file: PATH}`")
        }
        let share = mapping.atLeast
        guard (0...1).contains(share.value) else {
            throw ConfigurationError(at: share.location, "at_least: expected a share of 0…1, found \(share.value)")
        }
        self.init(
            file, prefix: mapping.prefix, reinitialize: mapping.reinitialize, ignore: mapping.ignore, atLeast: share.value)
    }

    public func encode(to encoder: any Encoder) throws {
        let isPlain = prefix == nil && reinitialize.isEmpty && ignore.isEmpty && atLeast == Self.usualShare
        guard !isPlain else { return try file.encode(to: encoder) }
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(file, forKey: .file)
        if let prefix { try container.encode(prefix, forKey: .prefix) }
        if !reinitialize.isEmpty { try container.encode(reinitialize, forKey: .reinitialize) }
        if !ignore.isEmpty { try container.encode(ignore, forKey: .ignore) }
        if atLeast != Self.usualShare { try container.encode(atLeast, forKey: .atLeast) }
    }

    private enum Keys: String, CodingKey { case file, prefix, reinitialize, ignore, atLeast }
}
