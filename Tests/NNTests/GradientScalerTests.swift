import Foundation
import Testing

@testable import DenseKitNN

/// The gradients of two layers' weights, of a loss that `scaler` scales.
private func gradients(_ scaler: GradientScaler?) throws -> [Tensor] {
    let weights = try [normal(5, 4), normal(3, 5, seed: 1)]
    for weight in weights { try weight.setRequiresGrad(true) }
    let hidden = try normal(6, 4, seed: 2).linear(weights[0], nil).relu()
    let loss = try hidden.linear(weights[1], nil).pow(2).mean()
    try (scaler?.scaled(loss) ?? loss).backward()
    return try weights.map { try #require($0.grad) }
}

@Suite struct GradientScalerTests {
    @Test("The scale begins and moves as PyTorch's does by default")
    func schedule() {
        var scaler = GradientScaler()
        #expect(scaler.scale == 65536 && scaler.stepsSinceChange == 0)
        scaler.update(gradientsAreFinite: false)
        #expect(scaler.scale == 32768 && scaler.skippedSteps == 1)
        for _ in 0..<1999 { scaler.update(gradientsAreFinite: true) }
        #expect(scaler.scale == 32768 && scaler.stepsSinceChange == 1999)
        scaler.update(gradientsAreFinite: true)
        #expect(scaler.scale == 65536 && scaler.stepsSinceChange == 0)
        // Only steps in a row count.
        for _ in 0..<1999 { scaler.update(gradientsAreFinite: true) }
        scaler.update(gradientsAreFinite: false)
        for _ in 0..<1999 { scaler.update(gradientsAreFinite: true) }
        #expect(scaler.scale == 32768 && scaler.skippedSteps == 2)
    }

    @Test("The scale stays a number of float32, and ends where it is no longer at fault")
    func limits() {
        var large = GradientScaler(scale: 0x1p125)
        for _ in 0..<4000 { large.update(gradientsAreFinite: true) }
        #expect(large.scale == 0x1p126)
        var small = GradientScaler()
        for _ in 0..<32 { small.update(gradientsAreFinite: false) }
        #expect(small.scale == GradientScaler.smallestScale && !small.isExhausted)
        small.update(gradientsAreFinite: false)
        #expect(small.isExhausted)
    }

    @Test(
        "Scaled and unscaled gradients have the bits of gradients without a scale",
        arguments: [0x1p-16, 0.5, 1, 65536, 0x1p40])
    func exact(_ scale: Double) throws {
        let plain = try gradients(nil)
        let scaler = GradientScaler(scale: scale)
        let scaled = try gradients(scaler)
        #expect(try scale == 1 || scaled[0].bytes() != plain[0].bytes())
        #expect(try scaler.unscale(scaled))
        #expect(try scaled.map { try $0.bytes() } == plain.map { try $0.bytes() })
    }

    @Test(
        "One element that is not finite is found; large ones whose norm overflows are not mistaken for it",
        arguments: [(Float.infinity, false), (-.infinity, false), (.nan, false), (1e38, true)])
    func notFinite(_ value: Float, _ isFinite: Bool) throws {
        let scaler = GradientScaler(scale: 2)
        for place in [0, 3] {
            var values: [Float] = [1e38, 1e38, 1e38, 1e38]
            values[place] = value
            let gradients = try [Tensor.ones([2, 2]), Tensor.from(values), Tensor.zeros([1])]
            #expect(try scaler.unscale(gradients) == isFinite)
            try expect(gradients[0], [2, 2], [0.5, 0.5, 0.5, 0.5])
        }
        #expect(try scaler.unscale([]))
    }

    @Test("A loss in 16 bits, which could not hold the product, is scaled in float32")
    func shortLoss() throws {
        for dtype in [DType.float16, .bfloat16] {
            let scaled = try GradientScaler().scaled(Tensor.full([], 3).to(dtype))
            #expect(try scaled.dtype == .float32 && scaled.item() == 3 * 65536)
        }
        #expect(try GradientScaler().scaled(Tensor.full([], 3).to(.float64)).dtype == .float64)
    }

    @Test("The state is read as it was written, and one that no scaler can have is refused")
    func state() throws {
        var scaler = GradientScaler(scale: 1024)
        for isFinite in [true, false, true] { scaler.update(gradientsAreFinite: isFinite) }
        let text = try JSONEncoder().encode(scaler)
        #expect(try JSONDecoder().decode(GradientScaler.self, from: text) == scaler)
        for (scale, steps, skipped) in [
            (0, 0, 0), (-1, 0, 0), (1, 2000, 0), (1, -1, 0), (1, 0, -1),
        ] {
            let text =
                #"{"scale":\#(scale),"stepsSinceChange":\#(steps),"skippedSteps":\#(skipped)}"#
            #expect(throws: DecodingError.self, "\(text)") {
                try JSONDecoder().decode(GradientScaler.self, from: Data(text.utf8))
            }
        }
    }
}

/// `eps` of a norm is 0 in float16, and squares of 300 overflow there.
@Test("Rows in float16 are normalised in float32")
func normalizedHalf() throws {
    let rows = try Tensor.from([Float(0), 0, 300, 400], shape: [2, 2]).to(.float16)
    try expect(rows.normalized(1), [2, 2], [0, 0, 0.6, 0.8])
}
