import DenseKitCore

/// Regions of interest and the levels they are read from: `rois`, `levels`, `roi_feats.SIDE`.
struct RegionOperations {
    let inputs: DetectionInputs
    private var golden: GoldenCase { inputs.golden }

    func outputs() throws -> [String: Tensor] {
        guard let config = golden.json["config"], let strides = config["featmap_strides"]?.integers
        else {
            throw GoldenCaseError(golden.path, "needs config.featmap_strides, a list of integers")
        }
        let maps = try strides.indices.map { try inputs.floats("feat.\($0)") }
        let regions = try inputs.regions(images: maps[0].size(0))
        let boxes = try regions.narrowed(1, 1, 4)
        let scale = config["finest_scale"]?.number ?? 56
        var outputs = [
            "rois": regions,
            "levels": try FPNLevels(count: strides.count, finestScale: scale).levels(of: boxes),
        ]
        for name in golden.outputNames.map({ OutputName($0).name }) {
            guard let side = name.wholeMatch(of: /roi_feats\.(\d{1,4})/).flatMap({ Int($0.1) })
            else { continue }
            let extractor = try RoIExtractor(
                size: Size2D(side), strides: strides, finestScale: scale,
                samplingRatio: config["roi_layer"]?["sampling_ratio"]?.integer ?? 0,
                aligned: config["roi_layer"]?["aligned"]?.bool ?? true)
            outputs[name] = try extractor(maps, regions)
        }
        return outputs
    }
}
