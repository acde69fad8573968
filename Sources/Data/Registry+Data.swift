import DenseKitComponents

extension ComponentKinds {
    /// `data.train` and `data.val` in YAML.
    public var datasets: ComponentKind<any Dataset> { .init("dataset") }
    /// `data.train_pipeline` and `data.test_pipeline` in YAML.
    public var transforms: ComponentKind<any Transform> { .init("transform") }
}

extension Registry {
    /// The transforms that `nodes` name, in order, as a training pipeline.
    ///
    /// - Throws: what building them throws, and `ConfigurationError` at a second transform that
    ///   normalises.
    public func pipeline(_ nodes: [ComponentNode]) throws -> Pipeline {
        let pipeline = Pipeline(
            try nodes.map { try self.transforms.make($0, BuildContext(registry: self)) })
        let normalizing = zip(nodes, pipeline.transforms).filter { $0.1.normalization != nil }.map(
            \.0)
        guard normalizing.count > 1 else { return pipeline }
        throw ConfigurationError(
            at: normalizing[1].location,
            "\(normalizing[1].type): images are normalised already (\(normalizing[0].location))",
            hint: "leave one out")
    }

    /// The transforms that `nodes` name, in order, as a test pipeline, after which predictions can
    /// be mapped back to the original image.
    ///
    /// - Throws: what building them throws, and `ConfigurationError` at a second transform that
    ///   normalises, at one that is random or cannot be undone, and at one that scales after
    ///   padding.
    public func testPipeline(_ nodes: [ComponentNode]) throws -> Pipeline {
        let pipeline = try pipeline(nodes).forTest
        var pads: ComponentNode?
        for (node, transform) in zip(nodes, pipeline.transforms) {
            switch transform.testTimeUse {
            case .refused(let key, let reason, let remedy):
                let place = key.flatMap { node.node[$0]?.location } ?? node.location
                throw ConfigurationError(
                    at: place, "\(node.type) cannot be used in data.test_pipeline: \(reason)",
                    hint: remedy)
            case .pads: pads = node
            case .scales:
                guard let pads else { continue }
                throw ConfigurationError(
                    at: node.location,
                    "\(node.type) behind \(pads.type) in data.test_pipeline scales the padding with the image, so that predictions of it "
                        + "cannot be cut off",
                    hint: "move \(pads.type) (\(pads.location)) behind \(node.type)")
            case .keepsGeometry, .undeclared: continue
            }
        }
        return pipeline
    }
}
