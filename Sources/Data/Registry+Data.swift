import DenseKitComponents

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
    ///
    /// - Throws: what building them throws, and `ConfigurationError` at a second one that normalises.
    public func pipeline(_ nodes: [ComponentNode]) throws -> Pipeline {
        let pipeline = Pipeline(try nodes.map { try transforms.make($0, BuildContext(registry: self)) })
        let normalizing = zip(nodes, pipeline.transforms).filter { $0.1.normalization != nil }.map(\.0)
        guard normalizing.count > 1 else { return pipeline }
        throw ConfigurationError(
            at: normalizing[1].location, "\(normalizing[1].type): images are normalised already (\(normalizing[0].location))",
            hint: "leave one out")
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
