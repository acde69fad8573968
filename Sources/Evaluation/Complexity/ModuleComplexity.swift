/// The cost of a module by itself, and its submodules.
public struct ModuleComplexity: Sendable {
    /// The path from the root, as in checkpoint keys. Operations between modules have a name in
    /// parentheses.
    public let path: String
    /// The number of the module's own parameters, without its submodules.
    public private(set) var parameters = 0
    /// The cost of the module's own operations, without its submodules.
    public private(set) var cost = Complexity.Cost()
    /// The submodules, in the order of declaration.
    public private(set) var children: [ModuleComplexity] = []

    init(path: String) { self.path = path }

    /// The last component of the path.
    public var name: String {
        path.lastIndex(of: ".").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Parameters and cost of the module with all submodules.
    public var total: (parameters: Int, cost: Complexity.Cost) {
        children.reduce(into: (parameters, cost)) { sum, child in
            let total = child.total
            sum.0 += total.parameters
            sum.1 += total.cost
        }
    }

    /// Whether the module computes something once for a model and nothing for an image.
    public var runsOnce: Bool {
        let cost = total.cost
        return cost.once > 0 && cost.perImage == 0
    }

    /// The outermost modules, this one included, that run once for a model (`runsOnce`).
    public var onceParts: [ModuleComplexity] { runsOnce ? [self] : children.flatMap(\.onceParts) }

    /// The submodule at `path`, relative to this module; nil where there is none.
    public subscript(_ path: String) -> ModuleComplexity? {
        path.split(separator: ".").reduce(self) { module, name in
            module?.children.first { $0.name == name }
        }
    }

    /// Adds the parameter of that checkpoint key to its module; one of the root is listed beside
    /// the modules.
    mutating func add(parameters count: Int, of key: String) {
        let names = key.split(separator: ".").map(String.init)
        change(names.count > 1 ? names.dropLast() : names[...]) { $0.parameters += count }
    }

    mutating func add(_ cost: Complexity.Cost, to path: String) {
        change(path.split(separator: ".").map(String.init)[...]) { $0.cost += cost }
    }

    private mutating func change(
        _ names: ArraySlice<String>, _ body: (inout ModuleComplexity) -> Void
    ) {
        guard let first = names.first else { return body(&self) }
        let index =
            children.firstIndex { $0.name == first }
            ?? {
                children.append(ModuleComplexity(path: path.isEmpty ? first : path + "." + first))
                return children.count - 1
            }()
        children[index].change(names.dropFirst(), body)
    }
}
