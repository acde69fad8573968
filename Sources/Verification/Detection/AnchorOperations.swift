import DenseKitCore

/// Anchors of named generators: `NAME.base.i`, `NAME.grid.i` and `NAME.valid.i` for every level.
/// An output's description gives the size of the grid ("a 16x24 grid") and the padded image
/// ("pad_shape (110, 150)").
struct AnchorOperations {
    let inputs: DetectionInputs

    func outputs() throws -> [String: Tensor] {
        let golden = inputs.golden
        var outputs: [String: Tensor] = [:]
        for (name, settings) in golden.json["config"]?.object ?? [:] {
            let generator = try AnchorGenerator(settings, golden)
            for (level, base) in try generator.baseAnchors().enumerated() {
                outputs["\(name).base.\(level)"] = base
            }
            let sizes = try generator.strides.indices.map { try gridSize("\(name).grid.\($0)") }
            for (level, grid) in try generator.anchors(for: sizes).enumerated() {
                outputs["\(name).grid.\(level)"] = grid
            }
            for level in generator.strides.indices {
                let output = "\(name).valid.\(level)"
                guard
                    let pad = try /pad_shape \((\d{1,6}), (\d{1,6})\)/.firstMatch(
                        in: inputs.words(output))?.output
                else {
                    continue
                }
                let padded = Size2D(height: Int(pad.1) ?? 0, width: Int(pad.2) ?? 0)
                outputs[output] = try generator.validFlags(for: sizes, paddedSize: padded)[level]
            }
        }
        return outputs
    }

    private func gridSize(_ output: String) throws -> Size2D {
        guard
            let match = try /(\d{1,4})x(\d{1,4}) grid/.firstMatch(in: inputs.words(output))?.output
        else {
            throw GoldenCaseError(
                inputs.golden.path, "does not say the grid's size in its description of \(output)")
        }
        return Size2D(Int(match.1) ?? 0, Int(match.2) ?? 0)
    }
}

extension AnchorGenerator {
    /// From mmdetection's settings.
    ///
    /// Throws `GoldenCaseError` for unknown ones.
    init(_ settings: GoldenJSON, _ golden: GoldenCase) throws {
        let known: Set = [
            "type", "strides", "ratios", "scales", "octave_base_scale", "scales_per_octave",
            "base_sizes", "center_offset",
        ]
        if let other = settings.unknown(besides: known) {
            throw GoldenCaseError(
                golden.path,
                "has anchors with the setting '\(other)'; known: \(known.sorted().joined(separator: ", "))"
            )
        }
        guard settings["type"]?.string ?? "AnchorGenerator" == "AnchorGenerator",
            let strides = settings["strides"]?.integers
        else {
            throw GoldenCaseError(
                golden.path, "has anchors that are no AnchorGenerator with strides")
        }
        let scales: [Double]
        if let base = settings["octave_base_scale"]?.number,
            let count = settings["scales_per_octave"]?.integer
        {
            scales = try Self.octaveScales(base: base, perOctave: count)
        } else {
            scales = settings["scales"]?.numbers ?? []
        }
        try self.init(
            strides: strides, ratios: settings["ratios"]?.numbers ?? [], scales: scales,
            baseSizes: settings["base_sizes"]?.array?.compactMap(\.number),
            centerOffset: settings["center_offset"]?.number ?? 0)
    }
}
