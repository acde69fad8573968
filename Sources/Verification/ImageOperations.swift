import DenseKitCore

/// Resizing, padding and normalising. An output's name defines the operation and the size:
/// `bilinear_14x20_ac0`, `nearest_14x20` (feature map, height × width), `imresize_u8_20x11` (image,
/// width × height), `imnormalize_u8`, `impad`.
struct ImageOperations {
    private let golden: GoldenCase
    private let rescales: Rescales

    /// `imrescale_shapes`: rows of height, width, limits or factor, new height, new width, factor.
    private struct Rescales: Decodable {
        struct Table: Decodable { let rows: [[GoldenJSON]] }
        let imrescale_shapes: Table?
    }

    init(_ golden: GoldenCase) throws {
        self.golden = golden
        try golden.check("config")
        try golden.check("imrescale_shapes", knows: "rows notes")
        try golden.checkInputs("x image image_u8 segmap")
        rescales = try golden.decoded()
    }

    func comparisons() throws -> [Comparison] {
        let answers = try TensorFile.load(golden.expectedOutputsPath).tensors
        var outputs: [String: Tensor] = [:]
        for (name, answer) in answers { outputs[name] = try output(name, like: answer) }
        return try compare(outputs, with: answers, golden) + rescaledSizes()
    }

    /// Our output for the inputs; nil for an unknown name.
    private func output(_ name: String, like answer: Tensor) throws -> Tensor? {
        if let match = try /(bilinear|nearest)_([0-9]{1,4})x([0-9]{1,4})(?:_ac([01]))?/.wholeMatch(
            in: name)?.output
        {
            let size = Size2D(Int(match.2) ?? 0, Int(match.3) ?? 0)
            return try input("x").interpolated(
                to: size, match.1 == "nearest" ? .nearest : .bilinear(alignCorners: match.4 == "1"))
        }
        if let match = try /imresize_(f32|u8|seg)_([0-9]{1,4})x([0-9]{1,4})/.wholeMatch(in: name)?
            .output
        {
            let size = Size2D(height: max(1, Int(match.3) ?? 0), width: max(1, Int(match.2) ?? 0))
            switch match.1 {
            case "f32": return try tensor(floatImage("image").resized(to: size))
            case "u8": return try tensor(image("image_u8").resized(to: size))
            default: return try tensor(labels("segmap").resized(to: size))
            }
        }
        switch name {
        case "imnormalize_u8":
            let image = try image("image_u8")
            return try tensor(
                Normalization.clip(
                    RGBImage(
                        height: image.height, width: image.width, pixels: reversed(image.pixels))))
        case "impad":
            return try tensor(
                image("image_u8").padded(to: Size2D(height: answer.size(0), width: answer.size(1))))
        default: return nil
        }
    }

    /// The sizes of rescaled images must be equal; the factors agree to rounding.
    private func rescaledSizes() throws -> [Comparison] {
        guard let rows = rescales.imrescale_shapes?.rows else { return [] }
        var sizes: [Double] = []
        var factors: [Double] = []
        var expectedSizes: [Double] = []
        var expectedFactors: [Double] = []
        for row in rows {
            guard row.count == 6, let height = row[0].integer, let width = row[1].integer,
                height > 0, width > 0,
                let newHeight = row[3].number, let newWidth = row[4].number,
                let expected = row[5].number
            else {
                throw GoldenCaseError(
                    golden.path,
                    "has a row of imrescale_shapes that is not [h, w, scale, new h, new w, factor]")
            }
            let size = Size2D(height: height, width: width)
            let factor: Double
            if let limits = row[2].integers, limits.count == 2 {
                factor = size.scale(within: ScaleLimit(limits[0], limits[1]))
            } else if let number = row[2].number {
                factor = number
            } else {
                throw GoldenCaseError(
                    golden.path,
                    "has a scale in imrescale_shapes that is neither a factor nor [long, short]")
            }
            let scaled = size.scaled(by: factor)
            sizes += [Double(scaled.height), Double(scaled.width)]
            factors.append(factor)
            expectedSizes += [newHeight, newWidth]
            expectedFactors.append(expected)
        }
        return [
            Comparison("imrescale_shapes/sizes", ours: sizes, reference: expectedSizes, .exact),
            Comparison(
                "imrescale_shapes/factors", ours: factors, reference: expectedFactors, .rounding),
        ]
    }

    private func input(_ name: String) throws -> Tensor {
        guard let input = try golden.input(name) else {
            throw GoldenCaseError(golden.path, "has no input \(name)")
        }
        return input
    }

    private func input(_ name: String, rank: Int) throws -> Tensor {
        let input = try input(name)
        guard input.rank == rank, input.count > 0, rank == 2 || input.size(2) == 3 else {
            throw GoldenCaseError(
                golden.path,
                "has an input \(name) of shape \(input.shape), expected \(rank == 2 ? "[h, w]" : "[h, w, 3]")"
            )
        }
        return input
    }

    private func image(_ name: String) throws -> RGBImage {
        let input = try input(name, rank: 3)
        return RGBImage(
            height: input.size(0), width: input.size(1),
            pixels: try golden.exactly(input.integers(), "the level", UInt8.self))
    }

    private func floatImage(_ name: String) throws -> FloatImage {
        let input = try input(name, rank: 3)
        return FloatImage(height: input.size(0), width: input.size(1), pixels: try input.floats())
    }

    private func labels(_ name: String) throws -> LabelMap {
        let input = try input(name, rank: 2)
        return LabelMap(
            height: input.size(0), width: input.size(1),
            labels: try golden.exactly(input.integers(), "the label", UInt16.self))
    }

    /// Blue, green, red to red, green, blue.
    private func reversed(_ pixels: [UInt8]) -> [UInt8] {
        pixels.indices.map { pixels[$0 - 2 * ($0 % 3) + 2] }
    }

    private func tensor(_ image: RGBImage) throws -> Tensor {
        try Tensor.from(image.pixels.map(Float.init), shape: [image.height, image.width, 3])
    }

    private func tensor(_ image: FloatImage) throws -> Tensor {
        try Tensor.from(image.pixels, shape: [image.height, image.width, 3])
    }

    private func tensor(_ map: LabelMap) throws -> Tensor {
        try Tensor.from(map.labels.map(Float.init), shape: [map.height, map.width])
    }
}
