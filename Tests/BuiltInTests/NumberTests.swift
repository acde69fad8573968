import DenseKitBuiltIn
import DenseKitCore
import Testing

/// A setting that is a number, and a configuration of its component that says nothing else.
private struct Number: CustomStringConvertible, Sendable {
    let kind: String
    let component: String
    /// What stands before and behind the number on its line.
    let before: String
    let behind: String
    /// Columns at which the value, or the list that it belongs to, begins.
    let columns: Set<Int>
    let isInteger: Bool

    var description: String { "\(kind) \(before.dropFirst(3))" }

    func text(_ value: String) -> String { before + value + behind }

    /// Every number in the settings `node` of a component, and every setting that is not set and
    /// may be one; not paths, which take any word.
    static func all(_ kind: String, _ component: String, in node: YAMLNode) -> [Number] {
        var found: [Number] = []
        func walk(_ node: YAMLNode, _ before: String, _ behind: String, _ list: Int?) {
            switch node.value {
            case .null: add("", isInteger: true)
            case .scalar(let scalar)
            where !scalar.isString && !["true", "false"].contains(scalar.text):
                add(scalar.text, isInteger: !scalar.text.contains { ".e".contains($0) })
            case .scalar: return
            case .sequence(let nodes):
                let texts = nodes.map { $0.scalar?.text ?? "null" }
                for (index, node) in nodes.enumerated() {
                    let head = texts[..<index].map { $0 + ", " }.joined()
                    let tail = texts[(index + 1)...].map { ", " + $0 }.joined()
                    walk(node, "\(before)[\(head)", "\(tail)]\(behind)", before.count + 1)
                }
            case .mapping(let mapping):
                for entry in mapping.entries where !["type", "vocabulary"].contains(entry.key) {
                    let type = mapping["type"]?.scalar.map { "type: \($0.text), " } ?? ""
                    walk(entry.value, "\(before){\(type)\(entry.key): ", "}\(behind)", nil)
                }
            }
            func add(_ text: String, isInteger: Bool) {
                found.append(
                    Number(
                        kind: kind, component: component, before: before, behind: behind,
                        columns: Set([before.count + 1, list].compactMap { $0 }),
                        isInteger: isInteger))
            }
        }
        for entry in node.mapping?.entries ?? [] where entry.key != "vocabulary" {
            walk(entry.value, "x: {type: \(component), \(entry.key): ", "}", nil)
        }
        return found
    }
}

private let numbers: [Number] = {
    let kinds = [
        "backbone", "neck", "head", "prompter", "loss", "optimizer", "schedule", "transform",
        "multilabel_decoder",
    ]
    guard let registry = try? Registry(BuiltIn.plugins) else { return [] }
    return registry.entries.filter { kinds.contains($0.kind) }.flatMap { entry -> [Number] in
        guard let node = try? YAMLNode(encoding: entry.defaults) else { return [] }
        return Number.all(entry.kind, entry.name, in: node)
    }
}()

/// Builds the component of a configuration's text on shapes alone.
private func build(_ number: Number, _ value: String) throws {
    struct Root: YAMLConfiguration { var x: ComponentNode? }
    let registry = try Registry(BuiltIn.plugins)
    let node = try #require(
        try YAMLNode.parse(number.text(value), file: "a.yaml", environment: [:]).decode(Root.self).x
    )
    var context = BuildContext(registry: registry, classNames: ["a", "b", "c"])
    if number.kind != "backbone" {
        context.features = (0..<4).map { FeatureSpec(channels: 64, stride: 4 << $0) }
    }
    if number.kind == "multilabel_decoder" {
        context.language = LanguageSpec(width: 64, stride: 32)
    }
    try withDevice(.meta) {
        switch number.kind {
        case "backbone": _ = try registry.backbones.make(node, context)
        case "neck": _ = try registry.necks.make(node, context)
        case "head": _ = try registry.heads.make(node, context)
        case "prompter": _ = try registry.prompters.make(node, context)
        case "loss": _ = try registry.losses.make(node, context)
        case "optimizer": _ = try registry.optimizers.make(node, context)
        case "schedule": _ = try registry.schedules.make(node, context)
        case "transform": _ = try registry.transforms.make(node, context)
        case "multilabel_decoder": _ = try registry.multilabelDecoders.make(node, context)
        default: Issue.record("\(number.kind) has no table here")
        }
    }
}

@Suite struct NumberTests {
    @Test("Numbers were found in every kind of component") func numbersAreFound() {
        #expect(numbers.count > 150, "\(numbers.count)")
        for kind in [
            "backbone", "neck", "head", "prompter", "loss", "optimizer", "schedule", "transform",
            "multilabel_decoder",
        ] {
            #expect(numbers.contains { $0.kind == kind }, "\(kind)")
        }
    }

    /// What is no number, or the largest or the smallest there is, is refused where it stands: no
    /// setting takes it, and none crashes.
    @Test("Every number of every component has bounds", arguments: numbers)
    fileprivate func bounds(_ number: Number) {
        let values =
            number.isInteger
            ? ["9223372036854775807", "-9223372036854775808"]
            : [".nan", ".inf", "-.inf", "1e300", "-1e300"]
        for value in values {
            let error = #expect(throws: (any Error).self, "\(number.text(value))") {
                try build(number, value)
            }
            guard let error else { continue }
            let text = "\(error)"
            #expect(
                number.columns.contains { text.hasPrefix("a.yaml:1:\($0): ") },
                "\(number.text(value)): \(text)")
        }
    }
}
