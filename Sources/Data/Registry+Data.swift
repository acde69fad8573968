import Components

extension Registry {
    public var datasets: ComponentTable<any Dataset> {
        get { self[(any Dataset).self, kind: "dataset"] }
        set { self[(any Dataset).self, kind: "dataset"] = newValue }
    }
    public var transforms: ComponentTable<any Transform> {
        get { self[(any Transform).self, kind: "transform"] }
        set { self[(any Transform).self, kind: "transform"] = newValue }
    }

    /// The transforms that `nodes` name, in order.
    public func pipeline(_ nodes: [ComponentNode]) throws -> Pipeline {
        Pipeline(try nodes.map { try transforms.make($0, BuildContext(registry: self)) })
    }
}
