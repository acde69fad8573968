/// Where a component's weights come from when training begins: a file, or a file with what is wanted of it.
///
///     backbone: { type: ResNet, weights: pretrained/resnet50.pth }
///     weights: { file: best.pth, reinitialize: [decode_head.conv_seg] }
public struct WeightsSetting: Codable, Sendable {
    /// A safetensors file, a checkpoint, or a file that PyTorch wrote.
    public var file: Located<String>
    /// Begin these tensors anew: checkpoint-key prefixes within the component, such as the classifier of other classes.
    public var reinitialize: [String]
    /// The share of the component's tensors that the file has to bring.
    public var atLeast: Double

    /// The usual share: less looks like another model's file.
    public static let usualShare = 0.9

    public init(_ file: Located<String>, reinitialize: [String] = [], atLeast: Double = usualShare) {
        (self.file, self.reinitialize, self.atLeast) = (file, reinitialize, atLeast)
    }

    private struct Mapping: Configuration {
        var file: Located<String>?
        var reinitialize: [String] = []
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
        self.init(file, reinitialize: mapping.reinitialize, atLeast: share.value)
    }

    public func encode(to encoder: any Encoder) throws {
        guard !reinitialize.isEmpty || atLeast != Self.usualShare else { return try file.encode(to: encoder) }
        var container = encoder.singleValueContainer()
        try container.encode(Mapping(file: file, reinitialize: reinitialize, atLeast: Located(atLeast)))
    }
}
