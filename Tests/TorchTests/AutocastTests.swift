import Testing
import Torch

@Suite struct AutocastTests {
    private struct Stop: Error {}

    private func product() throws -> DType { try Tensor.ones([2, 4]).linear(try Tensor.ones([3, 4]), nil).dtype }

    @Test func productsAreInTheSmallType() throws {
        #expect(try product() == .float32)
        try withAutocast(.bfloat16) { () throws in
            #expect(try product() == .bfloat16)
            #expect(try Tensor.ones([1, 2, 3, 3]).conv2d(Tensor.ones([1, 2, 1, 1]), nil).dtype == .bfloat16)
            #expect(try (Tensor.ones([2]) + Tensor.ones([2])).dtype == .float32)
        }
        #expect(try product() == .float32)
    }

    @Test func noTypeChangesNothing() throws {
        #expect(try withAutocast(nil) { try product() } == .float32)
        #expect(try withAutocast(.bfloat16) { try withAutocast(nil) { try product() } } == .bfloat16)
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

    @Test func gradientsKeepTheParametersType() throws {
        let weight = try normal([3, 4])
        try weight.setRequiresGrad(true)
        let x = try normal([2, 4], seed: 1)
        try withAutocast(.bfloat16) { try x.linear(weight, nil).to(.float32).pow(2).sum() }.backward()
        let mixed = try #require(weight.grad)
        #expect(mixed.dtype == .float32)
        try weight.clearGrad()
        try x.linear(weight, nil).pow(2).sum().backward()
        let exact = try #require(weight.grad)
        #expect(try distance(mixed, exact) < 0.05 * exact.abs().amax().item())
    }
}
