/// What a head uses a loss for: which predictions it compares with which targets.
public enum LossPurpose: String, Sendable, CaseIterable {
    /// Logits `[n, k, h, w]` and class indices `[n, h, w]`, some of them ignored.
    case pixelClasses = "one class of several for every pixel"
    /// Logits `[n, k]`, background among the k, and class indices `[n]`.
    case boxClasses = "one class of several for every box, background being one of them"
    /// Logits `[n, k]` and class indices `[n]`, of which k is background.
    case independentClasses = "every class of a box by itself, background being none of them"
    /// Logits and targets of 0…1 in one shape.
    case yesOrNo = "yes or no for every element"
    /// Logits `[n, k]` and targets of 0 and 1, `[n, k]`.
    case imageLabels = "which classes an image shows"
    /// Numbers of one shape, such as deltas of boxes `[n, 4]`.
    case numbers = "numbers such as the deltas of boxes"
    /// Boxes by their corners, `[n, 4]` both.
    case corners = "boxes by their corners"
}

extension BuildContext {
    /// The loss that `node` names, checked against what it is used for. A loss that declares no
    /// purposes is accepted anywhere.
    ///
    /// - Throws: `ConfigurationError`, at the loss, where it does not fit `purpose`, with the
    ///   losses that do (`SettingError` where the loss is a default and is written nowhere); else
    ///   what `ComponentTable.make` throws.
    public func loss(_ node: ComponentNode, for purpose: LossPurpose) throws -> any Loss {
        let loss = try registry.losses.make(node, self)
        guard let purposes = loss.purposes, !purposes.contains(purpose) else { return loss }
        let fitting = registry.losses.names.filter { name in
            let other = try? registry.losses.make(ComponentNode(type: name), self)
            return other?.purposes?.contains(purpose) ?? false
        }
        let own = LossPurpose.allCases.filter(purposes.contains).map(\.rawValue).joined(
            separator: "; ")
        let problem =
            "the loss \(node.type) does not fit here: what is learned is \(purpose.rawValue), and it "
            + (own.isEmpty
                ? "is no training loss with these settings" : "is a loss for \(own)")
        let hint =
            "losses that fit: \(fitting.isEmpty ? "none is known" : fitting.joined(separator: ", "))"
        let place = node.location == .default ? node.node.location : node.location
        // A default has no location: the component that has it does.
        guard place != .default else { throw SettingError("\(problem); \(hint)") }
        throw ConfigurationError(
            at: place, "\(node.path.isEmpty ? "" : "\(node.path): ")\(problem)", hint: hint)
    }
}
