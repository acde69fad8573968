import DenseKitComponents

/// Multipliers of learning rate and weight decay for the parameters whose names contain a key of
/// `optimizer.custom_keys`.
public struct ParameterMultipliers: YAMLConfiguration, Hashable {
    /// Multiplier of the base learning rate, 0…1000000. 0 does not freeze: what a schedule adds to
    /// every rate, such as `min_lr`, stays.
    public var lrMult = 1.0
    /// Multiplier of the weight decay; 0 turns it off.
    public var decayMult = 1.0

    /// Multipliers of 1.
    public init() {}
}

/// A sentence for each custom key that is in no parameter's name: it may be misspelt, or meant for
/// another model.
public func customKeyWarnings(
    for customKeys: [String: ParameterMultipliers], parameters: [NamedTensor]
) -> [String] {
    customKeys.keys.sorted().filter { key in !parameters.contains { $0.name.contains(key) } }
        .map {
            "optimizer.custom_keys.\($0): no parameter of this model has that in its name, so it changes nothing"
        }
}

/// Groups trained parameters by the custom key in their names: the longest matching key is used, as
/// in mmcv. Parameters without a match have multipliers of 1; frozen ones are left out.
///
/// - Throws: `OptimizerStateError` for two parameters with one name.
public func parameterGroups(
    _ parameters: [NamedTensor], customKeys: [String: ParameterMultipliers]
) throws -> [ParameterGroup] {
    let keys = customKeys.keys.sorted().sorted { $0.count > $1.count }
    var order: [ParameterMultipliers] = []
    var members: [ParameterMultipliers: [NamedTensor]] = [:]
    for parameter in parameters where parameter.tensor.requiresGrad {
        let multipliers =
            keys.first { parameter.name.contains($0) }.flatMap { customKeys[$0] }
            ?? ParameterMultipliers()
        if members[multipliers] == nil { order.append(multipliers) }
        members[multipliers, default: []].append(parameter)
    }
    return try order.map { multipliers in
        let group = members[multipliers] ?? []
        return try ParameterGroup(
            names: group.map(\.name), parameters: group.map(\.tensor),
            learningRateMultiplier: multipliers.lrMult,
            decayMultiplier: multipliers.decayMult)
    }
}
