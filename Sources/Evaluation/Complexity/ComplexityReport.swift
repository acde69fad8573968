import DenseKitComponents
import Foundation

/// A model's complexity as a tree to read and as JSON to process.
public struct ComplexityReport: Sendable {
    /// The counts.
    public let complexity: Complexity
    /// The number of classes that the model was built with.
    public let classes: Int
    /// The levels of modules that the tree shows.
    public let depth: Int

    /// A report of `complexity`.
    ///
    /// - Parameters:
    ///   - complexity: the counts of the model
    ///   - classes: the number of classes that the model was built with
    ///   - depth: the levels of modules that the tree shows; at least one is shown
    public init(complexity: Complexity, classes: Int, depth: Int = 2) {
        self.complexity = complexity
        self.classes = classes
        self.depth = depth
    }

    /// A line for each module, its submodules indented, and below them the sums and what they
    /// leave out.
    public var table: String {
        var rows = [["part", "parameters", "multiply-adds", "share"]]
        rows += lines(complexity.model, level: 0)
        rows.append(row("model", complexity.model.total))
        return (TextTable.aligned(rows) + [""] + remarks).joined(separator: "\n")
    }

    private func lines(_ module: ModuleComplexity, level: Int) -> [[String]] {
        guard level < max(1, depth) else { return [] }
        let indent = String(repeating: "  ", count: level)
        var rows = module.children.flatMap { child in
            [row(indent + child.name, child.total, once: child.runsOnce)]
                + lines(child, level: level + 1)
        }
        let hasOwn = module.parameters > 0 || module.cost.perImage > 0 || module.cost.once > 0
        if !module.path.isEmpty, !module.children.isEmpty, hasOwn {
            rows.append(
                row(indent + "(its own)", (module.parameters, module.cost), once: module.runsOnce))
        }
        return rows
    }

    private func row(
        _ name: String, _ total: (parameters: Int, cost: Complexity.Cost), once: Bool = false
    ) -> [String] {
        let whole = complexity.model.total.cost.perImage
        let share =
            once
            ? "once" : String(format: "%.1f %%", whole > 0 ? 100 * total.cost.perImage / whole : 0)
        return [
            name, total.parameters.grouped,
            (once ? total.cost.once : total.cost.perImage).multiplyAdds,
            (once ? total.cost.once : total.cost.perImage) > 0 ? share : "-",
        ]
    }

    private var remarks: [String] {
        let cost = complexity.model.total.cost
        var lines = [
            "for an image of \(complexity.size.height)×\(complexity.size.width), \(classes) classes: \(cost.perImage.multiplyAdds) multiply-adds, "
                + "\(complexity.parametersPerImage.grouped) parameters"
        ]
        for part in complexity.model.onceParts {
            lines.append(
                "once for a model, not in these sums: \(part.path), \(part.total.cost.once.multiplyAdds) multiply-adds, "
                    + "\(part.total.parameters.grouped) parameters")
        }
        if complexity.asRun.once != cost.once {
            lines.append(
                "  of which densekit needs about \(complexity.asRun.once.multiplyAdds): what prompts share is computed once"
            )
        }
        if complexity.asRun.perImage != cost.perImage {
            lines.append(
                "  as densekit runs it about \(complexity.asRun.perImage.multiplyAdds) for an image"
            )
        }
        if cost.perImageAtOutputs != cost.perImage {
            lines.append(
                "\(cost.perImageAtOutputs.multiplyAdds) where transposed convolutions count at their results, as fvcore did until 2021"
            )
        }
        return lines
    }

    /// The whole tree as a JSON object; multiply-adds are plain numbers.
    public var json: Data {
        get throws {
            let cost = complexity.model.total.cost
            let content = Content(
                size: [complexity.size.height, complexity.size.width], classes: classes,
                parameters: complexity.model.total.parameters,
                parametersPerImage: complexity.parametersPerImage,
                multiplyAdds: cost.perImage, multiplyAddsAtOutputs: cost.perImageAtOutputs,
                multiplyAddsOnce: cost.once,
                asRun: .init(
                    multiplyAdds: complexity.asRun.perImage, multiplyAddsOnce: complexity.asRun.once
                ),
                parts: Content.parts(complexity.model))
            return try JSONEncoder.forReports.encode(content)
        }
    }

    private struct Content: Encodable {
        struct Part: Encodable {
            let path: String
            let parameters: Int
            let multiplyAdds: Double
            let multiplyAddsAtOutputs: Double
            let multiplyAddsOnce: Double
        }
        struct AsRun: Encodable {
            let multiplyAdds: Double
            let multiplyAddsOnce: Double
        }

        let size: [Int]
        let classes: Int
        let parameters: Int
        let parametersPerImage: Int
        let multiplyAdds: Double
        let multiplyAddsAtOutputs: Double
        let multiplyAddsOnce: Double
        let asRun: AsRun
        /// Every module, with what is in it.
        let parts: [Part]

        static func parts(_ module: ModuleComplexity) -> [Part] {
            module.children.flatMap { child in
                let total = child.total
                let part = Part(
                    path: child.path, parameters: total.parameters,
                    multiplyAdds: total.cost.perImage,
                    multiplyAddsAtOutputs: total.cost.perImageAtOutputs,
                    multiplyAddsOnce: total.cost.once)
                return [part] + parts(child)
            }
        }
    }
}
