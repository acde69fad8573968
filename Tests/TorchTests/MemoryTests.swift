import DenseKitTorch
import Foundation
import Testing

/// Resident memory of this process in bytes.
private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(
        separator: " ")
    return Int(fields[1])! * 4096
}

@Suite struct MemoryTests {
    /// In a process of its own, where nobody else allocates. A tensor lost in every round costs 2
    /// MB in all.
    @Test func memoryStaysFlatOverManySmallTensors() async {
        await #expect(processExitsWith: .success) {
            func work(_ rounds: Int) throws {
                let weight = try Tensor.ones([4, 4])
                try weight.setRequiresGrad(true)
                let generator = try RandomGenerator(seed: 1)
                for round in 0..<rounds {
                    let x = try Tensor.randomNormal([4, 4], generator: generator)
                    let y = try x.linear(weight, nil).relu() + x
                    let (values, _) = try y.max(0)
                    let parts = try Tensor.stack([values, values]).softmax(1)
                    try Foreach.mul([values.detached()], 1)
                    _ = try Foreach.norm([x, y.detached()])
                    try parts.sum().backward()
                    _ = weight.grad
                    try weight.clearGrad()
                    // a failure costs a millisecond
                    if round.isMultiple(of: 20) { _ = try? x + Tensor.zeros([3]) }
                }
            }
            try work(1000)
            let before = try residentBytes()
            try work(5000)
            let grown = try residentBytes() - before
            precondition(grown < 1 << 20, "memory grew by \(grown) bytes")
        }
    }

    @Test func aTensorGivesItsMemoryBack() async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<10 { _ = try Tensor.ones([1 << 20]) }
            let before = try residentBytes()
            for _ in 0..<200 { _ = try Tensor.ones([1 << 20]) }  // 4 MiB each
            let grown = try residentBytes() - before
            precondition(grown < 64 << 20, "memory grew by \(grown) bytes")
        }
    }
}
