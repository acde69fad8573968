import Testing

@testable import NN

@Suite struct FoldedNormTests {
    /// A convolution with bias and a norm with statistics of its own.
    private func layers() throws -> (Conv2d, BatchNorm2d, Tensor) {
        let generator = try Generator(seed: 5)
        let (conv, norm) = (try Conv2d(3, 8, kernel: 3, stride: 2, padding: 1), try BatchNorm2d(8))
        try norm.weight.uniformInPlace(0.5, 1.5, generator: generator)
        try norm.bias.uniformInPlace(-1, 1, generator: generator)
        try norm.runningMean.uniformInPlace(-1, 1, generator: generator)
        try norm.runningVar.uniformInPlace(0.1, 2, generator: generator)
        return (conv, norm, try Tensor.randomNormal([2, 3, 9, 7], generator: generator))
    }

    @Test("A folded norm equals convolution and norm, and follows weights that change")
    func folded() throws {
        let (conv, norm, x) = try layers()
        try norm.setTraining(false)
        for _ in 0..<2 {
            let apart = try withoutGrad { try norm(conv(x)) }.floats()
            let folded = try withoutGrad { try norm(conv, x) }.floats()
            #expect(zip(apart, folded).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($0)) })
            try withoutGrad { _ = try conv.weight.mulInPlace(-2) }
            try norm.weightsDidChange()
        }
    }

    @Test("In training, and where gradients are wanted, nothing is folded")
    func training() throws {
        let (conv, norm, x) = try layers()
        try norm(conv, x).sum().backward()
        #expect(conv.weight.grad != nil && norm.weight.grad != nil)
        #expect(try norm.numBatchesTracked.item() == 1)
        try norm.setTraining(false)
        try norm.weight.clearGrad()
        try norm(conv, x).sum().backward()
        #expect(norm.weight.grad != nil)
    }
}
