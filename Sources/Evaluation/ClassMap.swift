import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Maps the classes of a data set to those of a model that was trained on another data set:
/// evaluation across domains.
///
/// Only the shared classes are measured: a pixel labelled with any other class is ignored.
public struct ClassMap: Sendable, Equatable {
    /// How a prediction counts whose class is none of the shared ones.
    public enum Unmapped: String, Codable, Sendable, CaseIterable {
        /// It is wrong, whatever the pixel's label is.
        case wrong
        /// It cannot occur: the class with the largest score among the mapped ones is predicted.
        case excluded
    }

    /// The names of the shared classes in the data set, in its order.
    public let names: [String]
    /// How a prediction counts whose class is none of the shared ones.
    public let unmapped: Unmapped
    /// The indices of the model's classes that map to a shared class, ascending.
    public let mappedClasses: [Int]
    /// The number of the model's classes.
    public let modelCount: Int
    /// The number of the data set's classes.
    public let datasetCount: Int
    private let shared: [UInt16]  // by the model's class; `names.count` where it is none of them
    // by the data set's class; `LabelMap.ignore` where it is none of them
    private let groundTruth: [UInt16]
    private let targets: [UInt16]  // the data set's class by the shared

    /// Reads a class map of a configuration.
    ///
    /// - Parameters:
    ///   - map: for each shared class of the data set, the model's class or classes:
    ///     `tvmonitor: [tv]`
    ///   - unmapped: how a prediction counts whose class is none of the shared ones
    ///   - model: the class names that the model was trained on
    ///   - dataset: the class names of the data set
    /// - Throws: `ConfigurationError` where the map is empty, names an unknown class, or names one
    ///   of the model's classes twice.
    public init(_ map: YAMLNode, unmapped: Unmapped, model: [String], dataset: [String]) throws {
        guard let entries = map.mapping?.entries, !entries.isEmpty else {
            throw ConfigurationError(
                at: map.location,
                "class_map: expected a class of the data set with the model's classes for each line",
                hint: "such as `tvmonitor: [tv]`")
        }
        var sources: [Int: [Int]] = [:]
        var owners: [Int: String] = [:]
        for entry in entries {
            let target = try Self.index(
                of: entry.key, in: dataset, "data set", at: entry.keyLocation)
            let words = entry.value.sequence ?? [entry.value]
            guard !words.isEmpty else {
                throw ConfigurationError(
                    at: entry.value.location, "class_map: '\(entry.key)' has no class of the model",
                    hint: "leave the line out")
            }
            for word in words {
                guard let name = word.scalar?.text else {
                    throw ConfigurationError(
                        at: word.location, "class_map: expected the name of a class of the model")
                }
                let source = try Self.index(of: name, in: model, "model", at: word.location)
                if let owner = owners.updateValue(entry.key, forKey: source) {
                    throw ConfigurationError(
                        at: word.location,
                        "class_map: the model's class '\(name)' is both '\(owner)' and '\(entry.key)'",
                        hint: "a prediction can be one of them")
                }
                sources[target, default: []].append(source)
            }
        }
        let order = sources.keys.sorted()
        var shared = [UInt16](repeating: UInt16(order.count), count: model.count)
        var groundTruth = [UInt16](repeating: LabelMap.ignore, count: dataset.count)
        for (place, target) in order.enumerated() {
            groundTruth[target] = UInt16(place)
            for source in sources[target] ?? [] { shared[source] = UInt16(place) }
        }
        names = order.map { dataset[$0] }
        mappedClasses = owners.keys.sorted()
        targets = order.map { UInt16($0) }
        self.shared = shared
        self.groundTruth = groundTruth
        self.unmapped = unmapped
        modelCount = model.count
        datasetCount = dataset.count
    }

    private static func index(
        of name: String, in names: [String], _ owner: String, at location: SourceLocation
    ) throws -> Int {
        if let index = names.firstIndex(of: name) { return index }
        let near = nearestSpelling(to: name, among: names).map { "did you mean '\($0)'?" }
        throw ConfigurationError(
            at: location, "class_map: the \(owner) has no class '\(name)'", hint: near)
    }

    /// The model's predictions as shared classes; of a class that is none of them, `names.count`.
    ///
    /// - Parameter labels: the model's classes, or with `excluded` places in `mappedClasses`
    func predicted(_ labels: LabelMap) -> LabelMap {
        let table = unmapped == .excluded ? mappedClasses.map { shared[$0] } : shared
        return replaced(labels, by: table, other: UInt16(names.count))
    }

    /// The data set's labels as shared classes; what is none of them has no class.
    func labelled(_ labels: LabelMap) -> LabelMap {
        replaced(labels, by: groundTruth, other: LabelMap.ignore)
    }

    /// Shared classes as the data set's, to be drawn.
    func drawn(_ labels: LabelMap) -> LabelMap {
        replaced(labels, by: targets, other: LabelMap.ignore)
    }

    private func replaced(_ labels: LabelMap, by table: [UInt16], other: UInt16) -> LabelMap {
        var result = labels
        result.labels = labels.labels.map { Int($0) < table.count ? table[Int($0)] : other }
        return result
    }

    /// A line for the head of a report: how many classes are shared, and how other predictions
    /// count.
    public var summary: String {
        let rest = unmapped == .wrong ? "count as wrong" : "are excluded"
        return "\(names.count) of the data set's \(datasetCount) classes are known to the model; "
            + "\(modelCount - mappedClasses.count) of its \(modelCount) are none of them and \(rest)"
    }
}

extension ComponentNode {
    /// The `class_map` of the data set's settings, with `unmapped_prediction` (`wrong` by default);
    /// nil where the settings have none.
    ///
    /// - Parameters:
    ///   - model: the class names that the model was trained on
    ///   - dataset: the class names of the data set
    /// - Throws: `ConfigurationError` for unknown class names, and for `unmapped_prediction` or
    ///   `source_classes` without a class map.
    public func classMap(model: [String], dataset: [String]) throws -> ClassMap? {
        let unmapped = try common("unmapped_prediction", as: ClassMap.Unmapped.self)
        guard let map = try common("class_map", as: YAMLNode.self) else {
            for key in ["unmapped_prediction", "source_classes"] {
                guard let written = node[key], !written.isNull else { continue }
                throw ConfigurationError(
                    at: written.location, "\(key) belongs to a class_map, and there is none")
            }
            return nil
        }
        return try ClassMap(map, unmapped: unmapped ?? .wrong, model: model, dataset: dataset)
    }
}
