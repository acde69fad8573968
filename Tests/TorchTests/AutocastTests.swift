import DenseKitTorch
import Testing

@Suite struct AutocastTests {
    private struct Stop: Error {}

    private func product() throws -> DType {
        try Tensor.ones([2, 4]).linear(Tensor.ones([3, 4]), nil).dtype
    }

    @Test func productsAreInTheSmallType() throws {
        #expect(try product() == .float32)
        try withAutocast(.bfloat16) { () throws in
            #expect(try product() == .bfloat16)
            #expect(
                try Tensor.ones([1, 2, 3, 3]).conv2d(Tensor.ones([1, 2, 1, 1]), nil).dtype
                    == .bfloat16)
            #expect(try (Tensor.ones([2]) + Tensor.ones([2])).dtype == .float32)
        }
        #expect(try product() == .float32)
    }

    @Test func noTypeChangesNothing() throws {
        #expect(try withAutocast(nil) { try product() } == .float32)
        #expect(
            try withAutocast(.bfloat16) { try withAutocast(nil) { try product() } } == .bfloat16)
    }

    @Test func aThrowEndsIt() throws {
        #expect(throws: Stop.self) { try withAutocast(.bfloat16) { throw Stop() } }
        #expect(try product() == .float32)
    }

    @Test func anInnerScopeLeavesTheOuterOne() throws {
        try withAutocast(.bfloat16) { () throws in
            #expect(try withAutocast(.bfloat16) { try product() } == .bfloat16)
            #expect(try product() == .bfloat16)
            #expect(throws: Stop.self) { try withAutocast(.bfloat16) { throw Stop() } }
            #expect(try product() == .bfloat16)
        }
        #expect(try product() == .float32)
    }

    @Test func aScopeWithoutIt() throws {
        #expect(try withoutAutocast { try product() } == .float32)
        try withAutocast(.bfloat16) { () throws in
            #expect(try withoutAutocast { try product() } == .float32)
            #expect(try product() == .bfloat16)
            #expect(throws: Stop.self) { try withoutAutocast { throw Stop() } }
            #expect(try product() == .bfloat16)
        }
        #expect(try product() == .float32)
    }

    /// The results of products in few bits are normalised in the weights' precision.
    @Test func normsKeepTheirPrecision() throws {
        let small = try Tensor.from([Float(1), 3, 5, 7], shape: [1, 4]).to(.bfloat16)
        let ones = try Tensor.ones([4])
        let layer = try small.layerNorm(ones, ones, eps: 0)
        let group = try small.reshaped([1, 4, 1, 1]).groupNorm(1, weight: ones, bias: ones, eps: 0)
        for norm in [layer, try group.reshaped([1, 4])] {
            let step = Float(1) / Float(5).squareRoot()
            #expect(norm.dtype == .float32)
            try expect(norm, [1, 4], [1 - 3 * step, 1 - step, 1 + step, 1 + 3 * step])
        }
    }

    @Test func gradientsKeepTheParametersType() throws {
        let weight = try normal([3, 4])
        try weight.setRequiresGrad(true)
        let x = try normal([2, 4], seed: 1)
        try withAutocast(.bfloat16) { try x.linear(weight, nil).to(.float32).pow(2).sum() }
            .backward()
        let mixed = try #require(weight.grad)
        #expect(mixed.dtype == .float32)
        try weight.clearGrad()
        try x.linear(weight, nil).pow(2).sum().backward()
        let exact = try #require(weight.grad)
        #expect(try distance(mixed, exact) < 0.05 * exact.abs().amax().item())
    }
}

/// libtorch 1.13 knows only bfloat16 on the CPU, and says so.
@Test func float16OnTheCPU() throws {
    #expect(canAutocast(.bfloat16, on: .cpu) && canAutocast(.float16, on: .cuda(0)))
    #expect(!canAutocast(.float32, on: .cpu))
    let x = try Tensor.ones([2, 4])
    if canAutocast(.float16, on: .cpu) {
        #expect(try withAutocast(.float16) { try x.linear(x, nil).dtype } == .float16)
    } else {
        #expect(throws: TorchError.self) { try withAutocast(.float16) {} }
    }
    #expect(autocastType(on: .cpu) == nil)
    #expect(try x.linear(x, nil).dtype == .float32)
}
