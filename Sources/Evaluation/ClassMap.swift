import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Which classes of a data set a model knows that was trained on another, and by which of its own: evaluation across domains.
///
/// Only the shared classes are measured: a pixel of any other class counts nowhere.
public struct ClassMap: Sendable, Equatable {
    /// What becomes of a prediction of a class that is none of the shared ones.
    public enum Unmapped: String, Codable, Sendable, CaseIterable {
        /// It is wrong, whatever the pixel's class is.
        case wrong
        /// The model is not asked for such classes: the largest score among the mapped ones decides.
        case excluded
    }

    /// The shared classes under the data set's names, in its order.
    public let names: [String]
    public let unmapped: Unmapped
    /// The model's classes that are one of the shared, ascending.
    public let kept: [Int]
    /// The number of the model's classes, and of the data set's.
    public let modelCount: Int
    public let datasetCount: Int
    private let shared: [UInt16]  // by the model's class; `names.count` where it is none of them
    private let truth: [UInt16]  // by the data set's class; `LabelMap.ignore` where it is none of them
    private let targets: [UInt16]  // the data set's class by the shared

    /// - Parameters:
    ///   - map: the model's classes by the data set's class that they are, as a configuration has it
    ///   - model: the classes that the model was trained for
    /// - Throws: `ConfigurationError` where the map names classes that there are not, or one of the model's twice.
    public init(_ map: YAMLNode, unmapped: Unmapped, model: [String], dataset: [String]) throws {
        guard let entries = map.mapping?.entries, !entries.isEmpty else {
            throw ConfigurationError(
                at: map.location, "class_map: expected a class of the data set with the model's classes for each line",
                hint: "such as `tvmonitor: [tv]`")
        }
        var sources: [Int: [Int]] = [:]
        var owners: [Int: String] = [:]
        for entry in entries {
            let target = try Self.index(of: entry.key, in: dataset, "data set", at: entry.keyLocation)
            let words = entry.value.sequence ?? [entry.value]
            guard !words.isEmpty else {
                throw ConfigurationError(
                    at: entry.value.location, "class_map: '\(entry.key)' has no class of the model", hint: "leave the line out")
            }
            for word in words {
                guard let name = word.scalar?.text else {
                    throw ConfigurationError(at: word.location, "class_map: expected the name of a class of the model")
                }
                let source = try Self.index(of: name, in: model, "model", at: word.location)
                if let owner = owners.updateValue(entry.key, forKey: source) {
                    throw ConfigurationError(
                        at: word.location, "class_map: the model's class '\(name)' is both '\(owner)' and '\(entry.key)'",
                        hint: "a prediction can be one of them")
                }
                sources[target, default: []].append(source)
            }
        }
        let order = sources.keys.sorted()
        var shared = [UInt16](repeating: UInt16(order.count), count: model.count)
        var truth = [UInt16](repeating: LabelMap.ignore, count: dataset.count)
        for (place, target) in order.enumerated() {
            truth[target] = UInt16(place)
            for source in sources[target] ?? [] { shared[source] = UInt16(place) }
        }
        names = order.map { dataset[$0] }
        kept = owners.keys.sorted()
        targets = order.map { UInt16($0) }
        (self.shared, self.truth, self.unmapped) = (shared, truth, unmapped)
        (modelCount, datasetCount) = (model.count, dataset.count)
    }

    private static func index(of name: String, in names: [String], _ owner: String, at location: SourceLocation) throws -> Int {
        if let index = names.firstIndex(of: name) { return index }
        let near = nearestWord(to: name, among: names).map { "did you mean '\($0)'?" }
        throw ConfigurationError(at: location, "class_map: the \(owner) has no class '\(name)'", hint: near)
    }

    /// The model's predictions as shared classes; of a class that is none of them, `names.count`.
    ///
    /// - Parameter labels: the model's classes, or with `excluded` places in `kept`
    func predicted(_ labels: LabelMap) -> LabelMap {
        let table = unmapped == .excluded ? kept.map { shared[$0] } : shared
        return replaced(labels, by: table, other: UInt16(names.count))
    }

    /// The data set's labels as shared classes; what is none of them has no class.
    func labelled(_ labels: LabelMap) -> LabelMap { replaced(labels, by: truth, other: LabelMap.ignore) }

    /// Shared classes as the data set's, to be drawn.
    func drawn(_ labels: LabelMap) -> LabelMap { replaced(labels, by: targets, other: LabelMap.ignore) }

    private func replaced(_ labels: LabelMap, by table: [UInt16], other: UInt16) -> LabelMap {
        var result = labels
        result.labels = labels.labels.map { Int($0) < table.count ? table[Int($0)] : other }
        return result
    }

    /// Said above the scores.
    public var summary: String {
        let rest = unmapped == .wrong ? "count as wrong" : "are not asked for"
        return "\(names.count) of the data set's \(datasetCount) classes are known to the model; "
            + "\(modelCount - kept.count) of its \(modelCount) are none of them and \(rest)"
    }
}

extension ComponentNode {
    /// The map of a data set's classes to those of a model trained on another, where the configuration has one.
    ///
    /// - Parameter model: the classes that the model was trained for
    /// - Throws: `ConfigurationError` for names that there are not.
    public func classMap(model: [String], dataset: [String]) throws -> ClassMap? {
        let unmapped = try common("unmapped_prediction", as: ClassMap.Unmapped.self)
        guard let map = try common("class_map", as: YAMLNode.self) else {
            for key in ["unmapped_prediction", "source_classes"] {
                guard let written = node[key], !written.isNull else { continue }
                throw ConfigurationError(at: written.location, "\(key) belongs to a class_map, and there is none")
            }
            return nil
        }
        return try ClassMap(map, unmapped: unmapped ?? .wrong, model: model, dataset: dataset)
    }
}
