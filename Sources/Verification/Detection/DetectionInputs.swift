import DenseKitCore

/// The inputs of a case of detection's single operations, and the numbers in its descriptions.
struct DetectionInputs {
    let golden: GoldenCase

    /// The input of this name as numbers of single precision.
    func floats(_ name: String) throws -> Tensor { try tensor(name).to(.float32) }

    /// The input of this name, unchanged.
    func tensor(_ name: String) throws -> Tensor {
        guard let tensor = try golden.input(name) else {
            throw GoldenCaseError(golden.path, "has no input \(name)")
        }
        return tensor
    }

    func has(_ name: String) -> Bool { golden.inputs.contains { $0.name == name } }

    /// Boxes `[n, 4]` from their centres `NAME.c` and raw half sides `NAME.h`, `[n, 2]` both; the
    /// centres' role gives the size of the image.
    func boxes(_ name: String) throws -> Tensor {
        let role = try role("\(name).c")
        guard let size = try /W=(\d{1,6}) H=(\d{1,6})/.firstMatch(in: role)?.output,
            let width = Float(size.1),
            let height = Float(size.2)
        else {
            throw GoldenCaseError(
                golden.path, "does not say W= and H= in the role of the input \(name).c")
        }
        let center = try (floats("\(name).c") + 1) * Tensor.from([width / 2, height / 2])
        let half = try floats("\(name).h").abs() + 2
        return try Tensor.cat([center - half, center + half], dim: 1)
    }

    /// Regions `[r, 5]`: the seeded boxes `roi`, then `roi.extra`; the images take turns.
    func regions(images: Int) throws -> Tensor {
        let boxes = try Tensor.cat(
            [boxes("roi")] + (has("roi.extra") ? [floats("roi.extra")] : []), dim: 0)
        let image = try Tensor.from(
            (0..<boxes.size(0)).map { Float($0 % max(images, 1)) }, shape: [boxes.size(0), 1])
        return try Tensor.cat([image, boxes], dim: 1)
    }

    /// The case's description of an input.
    func role(_ input: String) throws -> String {
        guard let entry = golden.inputs.first(where: { $0.name == input }) else {
            throw GoldenCaseError(golden.path, "has no input \(input)")
        }
        return entry.role ?? ""
    }

    /// The case's description of an output, whichever part of it is stored; nothing where it has no
    /// such output.
    func words(_ output: String) -> String {
        golden.outputs[output] ?? golden.outputs.first { OutputName($0.key).name == output }?.value
            ?? ""
    }

    /// The number that follows `key` in the case's description of an output.
    func number(after key: String, in output: String) throws -> Double {
        guard let start = words(output).ranges(of: key).first?.upperBound,
            let match = words(output)[start...].prefixMatch(of: /[ =]*(-?[0-9]+(?:\.[0-9]+)?)/),
            let number = Double(match.1)
        else {
            throw GoldenCaseError(
                golden.path, "does not say a number after '\(key)' in its description of \(output)")
        }
        return number
    }

    /// Numbers between commas.
    static func list(_ text: Substring) -> [Double] {
        text.split(separator: ",").compactMap { Double(String($0).filter { $0 != " " }) }
    }
}
