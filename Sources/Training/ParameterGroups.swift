import DenseKitComponents

/// Factors of learning rate and weight decay for parameters of certain names.
public struct ParameterMultipliers: YAMLConfiguration, Hashable {
    public var lrMult = 1.0
    public var decayMult = 1.0

    public init() {}
}

/// A sentence for each custom key that no parameter's name contains: it may be misspelt, or meant for another model.
public func remarks(onCustomKeys customKeys: [String: ParameterMultipliers], parameters: [NamedTensor]) -> [String] {
    customKeys.keys.sorted().filter { key in !parameters.contains { $0.name.contains(key) } }
        .map { "optimizer.custom_keys.\($0): no parameter of this model has that in its name, so it changes nothing" }
}

/// Groups parameters by the custom key that their names contain: the longest key first, the first match wins, as mmcv does.
/// Parameters that do not learn are left out.
public func parameterGroups(_ parameters: [NamedTensor], customKeys: [String: ParameterMultipliers]) -> [ParameterGroup] {
    let keys = customKeys.keys.sorted().sorted { $0.count > $1.count }
    var order: [ParameterMultipliers] = []
    var members: [ParameterMultipliers: [NamedTensor]] = [:]
    for parameter in parameters where parameter.tensor.requiresGrad {
        let multipliers = keys.first { parameter.name.contains($0) }.flatMap { customKeys[$0] } ?? ParameterMultipliers()
        if members[multipliers] == nil { order.append(multipliers) }
        members[multipliers, default: []].append(parameter)
    }
    return order.map { multipliers in
        let group = members[multipliers] ?? []
        return ParameterGroup(
            names: group.map(\.name), parameters: group.map(\.tensor), learningRateMultiplier: multipliers.lrMult,
            decayMultiplier: multipliers.decayMult)
    }
}
