/// Scales losses so that small gradients do not become 0 in float16, and finds by itself how large
/// the scale can be, as PyTorch's `GradScaler` does with its defaults.
///
///     try scaler.scaled(loss).backward()
///     let isFinite = try scaler.unscale(optimizer.gradients)
///     // Where they are finite, the optimizer takes its step.
///     scaler.update(gradientsAreFinite: isFinite)
///
/// The scale begins at 65536. A step whose gradients are not finite must be skipped, and halves the
/// scale; 2000 steps in a row with finite gradients double it. All scales are powers of two, so
/// that scaling changes no bit of a gradient that float16 and float32 can hold.
///
/// One scale belongs to all passes of a step. (Micikevicius et al., "Mixed Precision Training",
/// 2018)
public struct GradientScaler: Sendable, Equatable {
    /// The scale of the first step, 2¹⁶.
    public static let initialScale = 65536.0
    /// Steps in a row with finite gradients after which the scale doubles.
    public static let growthInterval = 2000
    /// The smallest scale at which gradients may overflow, 2⁻¹⁶. Gradients that are not finite
    /// there are not the scale's fault.
    public static let smallestScale = 1 / 65536.0
    /// The largest scale; float32 holds its inverse in full precision.
    private static let largestScale = 0x1p126

    /// The factor of the losses.
    public private(set) var scale: Double
    /// Steps in a row with finite gradients since the scale last changed.
    public private(set) var stepsSinceChange = 0
    /// How many steps were skipped in all, because their gradients were not finite.
    public private(set) var skippedSteps = 0

    /// A scaler before the first step.
    public init() { self.init(scale: Self.initialScale) }

    init(scale: Double) { self.scale = scale }

    /// Whether the scale went below `smallestScale`: the gradients are not finite at any scale.
    public var isExhausted: Bool { scale < Self.smallestScale }

    /// `loss`, a scalar, times the scale. In float32 where the loss is in 16 bits, which could not
    /// hold the product. `[] → []`
    public func scaled(_ loss: Tensor) throws -> Tensor {
        let isShort = [.float16, .bfloat16].contains(loss.dtype)
        return try (isShort ? loss.to(.float32) : loss) * scale
    }

    /// Divides gradients by the scale, in place.
    ///
    /// - Parameter gradients: of scaled losses, each of any shape
    /// - Returns: whether all elements are finite; where they are not, the gradients are useless
    public func unscale(_ gradients: [Tensor]) throws -> Bool {
        guard !gradients.isEmpty else { return true }
        return try withoutGrad {
            try Foreach.mul(gradients, 1 / scale)
            let norms = try Tensor.stack(Foreach.norm(gradients)).floats()
            // A norm that overflows may be of finite elements.
            return try zip(gradients, norms).allSatisfy { gradient, norm in
                try norm.isFinite || !norm.isNaN && gradient.isFinite()
            }
        }
    }

    /// Adapts the scale to the result of a step.
    ///
    /// - Parameter gradientsAreFinite: what `unscale(_:)` returned
    public mutating func update(gradientsAreFinite: Bool) {
        guard gradientsAreFinite else {
            scale /= 2
            stepsSinceChange = 0
            skippedSteps += 1
            return
        }
        stepsSinceChange += 1
        guard stepsSinceChange == Self.growthInterval else { return }
        scale = min(scale * 2, Self.largestScale)
        stepsSinceChange = 0
    }
}

/// The state in a checkpoint.
extension GradientScaler: Codable {
    private enum CodingKeys: CodingKey {
        case scale, stepsSinceChange, skippedSteps
    }

    /// Reads the state that a checkpoint holds.
    ///
    /// - Throws: `DecodingError` for numbers that no scaler can have.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        scale = try container.decode(Double.self, forKey: .scale)
        stepsSinceChange = try container.decode(Int.self, forKey: .stepsSinceChange)
        skippedSteps = try container.decode(Int.self, forKey: .skippedSteps)
        guard Self.smallestScale...Self.largestScale ~= scale,
            0..<Self.growthInterval ~= stepsSinceChange, skippedSteps >= 0
        else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "expected a scale of 2⁻¹⁶ to 2¹²⁶ and counts of steps, found \(scale), "
                        + "\(stepsSinceChange) and \(skippedSteps)"))
        }
    }
}
