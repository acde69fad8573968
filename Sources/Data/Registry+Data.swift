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

    /// The transforms that `nodes` name, in order, for training.
    public func pipeline(_ nodes: [ComponentNode]) throws -> Pipeline {
        Pipeline(try nodes.map { try transforms.make($0, BuildContext(registry: self)) })
    }

    /// The same for test time, where predictions are brought back to the image's own pixels.
    ///
    /// - Throws: besides, `ConfigurationError` at a transform that is random or cannot be undone.
    public func testPipeline(_ nodes: [ComponentNode]) throws -> Pipeline {
        let pipeline = try pipeline(nodes).forTest
        var pads: ComponentNode?
        for (node, transform) in zip(nodes, pipeline.transforms) {
            switch transform.testTimeUse {
            case .refused(let key, let reason, let remedy):
                let place = key.flatMap { node.node[$0]?.location } ?? node.location
                throw ConfigurationError(
                    at: place, "\(node.type) cannot stand in data.test_pipeline: \(reason)", hint: remedy)
            case .pads: pads = node
            case .scales:
                guard let pads else { continue }
                throw ConfigurationError(
                    at: node.location,
                    "\(node.type) behind \(pads.type) in data.test_pipeline scales the padding with the image, so that predictions of it "
                        + "cannot be cut off", hint: "move \(pads.type) (\(pads.location)) behind \(node.type)")
            case .keepsGeometry, .undeclared: continue
            }
        }
        return pipeline
    }
}
