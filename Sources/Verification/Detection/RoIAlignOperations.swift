import DenseKitCore

/// RoIAlign of the map `feat`: `roi_align.SIDE.srRATIO.aligned` (or `legacy`), and the map's
/// gradient `grad_in.TAG` for the upstream gradient `grad_out.TAG`. The description gives the scale
/// ("spatial_scale 0.25") and which output a gradient is of ("… for roi_align.7.sr0.aligned").
struct RoIAlignOperations {
    let inputs: DetectionInputs

    func outputs() throws -> [String: Tensor] {
        let map = try inputs.floats("feat")
        let regions = try inputs.regions(images: map.size(0))
        var outputs = ["rois": regions]
        for name in inputs.golden.outputNames.map({ OutputName($0).name }) {
            if let tag = name.wholeMatch(of: /grad_in\.(\w+)/)?.1 {
                let upstream = try inputs.floats("grad_out.\(tag)")
                outputs[name] = try gradient(name, map, regions, of: upstream)
            } else if let aligned = try aligned(map, regions, name) {
                outputs[name] = aligned
            }
        }
        return outputs
    }

    /// Nil for a name that is no mean of regions.
    private func aligned(_ map: Tensor, _ regions: Tensor, _ name: String) throws -> Tensor? {
        guard
            let match = name.wholeMatch(of: /roi_align\.(\d{1,4})\.sr(\d{1,3})\.(aligned|legacy)/)?
                .output
        else { return nil }
        return try map.roiAligned(
            regions, size: Size2D(Int(match.1) ?? 0),
            scale: inputs.number(after: "spatial_scale", in: name),
            samplingRatio: Int(match.2) ?? 0, aligned: match.3 == "aligned")
    }

    private func gradient(
        _ name: String, _ map: Tensor, _ regions: Tensor, of upstream: Tensor
    ) throws -> Tensor? {
        let leaf = try map.cloned()
        try leaf.setRequiresGrad(true)
        guard let source = inputs.words(name).firstMatch(of: /roi_align\.\w+\.\w+\.\w+/)?.output,
            let aligned = try aligned(leaf, regions, String(source))
        else {
            throw GoldenCaseError(
                inputs.golden.path,
                "does not say in its description of \(name) of which output it is the gradient")
        }
        try (aligned * upstream).sum().backward()
        return leaf.grad
    }
}
