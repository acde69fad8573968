import DenseKitCore

/// Images of noise, the same every time, `[count, 3, height, width]`.
public func images(_ height: Int = 64, _ width: Int = 96, count: Int = 2) throws -> Tensor {
    try Tensor.randomNormal([count, 3, height, width], generator: RandomGenerator(seed: 2))
}

/// Maps of noise of these shapes `[n, c, h, w]`, the same every time.
public func noise(_ shapes: [[Int]]) throws -> [Tensor] {
    try shapes.enumerated().map { index, shape in
        try Tensor.randomNormal(shape, generator: RandomGenerator(seed: UInt64(index)))
    }
}

/// Labels 0, 1 and 2 in stripes, `[count, height, width]`.
public func stripes(_ height: Int = 64, _ width: Int = 96, count: Int = 2) throws -> Tensor {
    try Tensor.from(
        (0..<count * height * width).map { Int64($0 % width * 3 / width) },
        shape: [count, height, width])
}

extension Backbone {
    /// The features of `images` in evaluation, without gradient.
    public func evaluated(_ images: Tensor) throws -> Features {
        try setTraining(false)
        return try withoutGrad { try self(images) }
    }
}

extension DType {
    /// The types of mixed precision that the engine has on `device`.
    public static func mixed(on device: Device) -> [DType] {
        [.bfloat16, .float16].filter { canAutocast($0, on: device) }
    }
}

extension DenseModel {
    /// What the parts of the model record while it predicts `images`, by name, without gradient.
    public func recorded(_ images: Tensor) throws -> [String: Tensor] {
        var recorded: [String: Tensor] = [:]
        let step = ForwardPass { name, tensor in recorded[name] = tensor }
        _ = try withoutGrad { try predictions(images, step) }
        return recorded
    }

    /// The losses of a step without dropout, in float32 and in every mixed precision of the engine;
    /// the gradients of the latter are added up.
    public func lossInAllPrecisions(_ images: Tensor, _ targets: Targets) throws -> (
        exact: Double, mixed: [Tensor]
    ) {
        for (_, module) in try namedModules() { (module as? Dropout)?.probability = 0 }
        func total(_ dtype: DType?) throws -> Tensor {
            guard
                let total = try withAutocast(dtype, { try losses(images, targets, ForwardPass()) })
                    .total()
            else {
                throw SettingError("the model has no losses")
            }
            return total
        }
        let exact = try total(nil).item()
        let mixed = try DType.mixed(on: .cpu).map(total)
        for loss in mixed { try loss.backward() }
        return (exact, mixed)
    }

    /// Keys of parameters that have no gradient, or none of float32 and finite.
    public func parametersWithoutGradient() throws -> [String] {
        try namedParameters().filter { entry in
            guard let gradient = entry.tensor.grad else { return true }
            return try gradient.dtype != .float32 || !gradient.isFinite()
        }.map(\.name)
    }
}
