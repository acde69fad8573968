/// The initial weights of a component: a file, alone or with settings for how it is loaded.
///
///     backbone: { type: ResNet, weights: pretrained/resnet50.pth }
///     weights: { file: best.pth, reinitialize: [decode_head.conv_seg] }
public struct WeightsSetting: Codable, Sendable {
    /// The path of a safetensors file, a checkpoint, or a file that PyTorch wrote.
    public var file: LocatedValue<String>
    /// The prefix of the model to take, where the file holds it more than once, such as `teacher`;
    /// nil: it is found.
    public var prefix: String?
    /// Tensors that keep their initial values, such as a classifier of other classes: prefixes of
    /// checkpoint keys within the component; `*` matches one name between dots.
    public var reinitialize: [String]
    /// Tensors of the file that are not loaded, because the component has no place for them:
    /// prefixes of the file's keys; `*` matches one name between dots.
    public var ignore: [String]
    /// The share of the component's tensors that the file has to fill, 0…1; 0.9 by default.
    public var atLeast: Double

    /// The default of `atLeast`, 0.9: a file that fills less is probably another model's.
    public static let usualShare = 0.9

    /// - Parameters:
    ///   - file: the path of the weights
    ///   - prefix: the prefix of the model to take in the file; nil: it is found
    ///   - reinitialize: patterns of the component's keys that keep their initial values
    ///   - ignore: patterns of the file's keys that are not loaded
    ///   - atLeast: the share of tensors that the file has to fill, 0…1
    public init(
        _ file: LocatedValue<String>, prefix: String? = nil, reinitialize: [String] = [],
        ignore: [String] = [],
        atLeast: Double = usualShare
    ) {
        self.file = file
        self.prefix = prefix
        self.reinitialize = reinitialize
        self.ignore = ignore
        self.atLeast = atLeast
    }

    private struct Mapping: YAMLConfiguration {
        var file: LocatedValue<String>?
        var prefix: String?
        var reinitialize: [String] = []
        var ignore: [String] = []
        var atLeast: LocatedValue<Double> = LocatedValue(WeightsSetting.usualShare)
    }

    /// Reads a path, or a mapping with the keys `file`, `prefix`, `reinitialize`, `ignore` and
    /// `at_least`.
    ///
    /// - Throws: `SettingError` without a path, `ConfigurationError` for a share outside 0…1, at
    ///   its location.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `weights: resnet50.pth`; for anything else the error lists the keys that a mapping
        // has.
        if let file = try? container.decode(LocatedValue<String>.self), !file.value.isEmpty {
            self.init(file)
            return
        }
        let mapping = try container.decode(Mapping.self)
        guard let file = mapping.file, !file.value.isEmpty else {
            throw SettingError(
                "expected the path of a file of weights, as `weights: PATH` or `weights: {file: PATH}`"
            )
        }
        let share = mapping.atLeast
        guard (0...1).contains(share.value) else {
            throw ConfigurationError(
                at: share.location, "at_least: expected a share of 0…1, found \(share.value)")
        }
        self.init(
            file, prefix: mapping.prefix, reinitialize: mapping.reinitialize,
            ignore: mapping.ignore, atLeast: share.value)
    }

    /// Writes the path, or a mapping where more than the path is set.
    public func encode(to encoder: any Encoder) throws {
        let isPlain =
            prefix == nil && reinitialize.isEmpty && ignore.isEmpty && atLeast == Self.usualShare
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
