import DenseKitTorch
import Testing

/// A call that must fail, and what its error must say.
struct Failure: Sendable, CustomTestStringConvertible {
    let operation: String
    let operands: [String]
    let path: String?
    let run: @Sendable () throws -> Void

    init(
        _ operation: String, _ operands: [String], at path: String? = nil,
        _ run: @escaping @Sendable () throws -> Void
    ) {
        self.operation = operation
        self.operands = operands
        self.path = path
        self.run = run
    }

    var testDescription: String { operation }
}

private func named(_ name: String, _ shape: [Int]) throws -> Tensor {
    let tensor = try Tensor.zeros(shape)
    tensor.name = name
    return tensor
}

/// The engine's sentences differ between its versions; everything around them does not.
@Suite struct ErrorTests {
    @Test(arguments: [
        Failure("matmul", ["[2, 3]", "[2, 3]"]) { _ = try counting(2, 3).matmul(counting(2, 3)) },
        Failure("add", ["[2]", "[3]"]) { _ = try counting(2) + counting(3) },
        Failure("add_", ["[2]", "[3]"]) { try counting(2).addInPlace(counting(3)) },
        Failure("reshape", ["[2, 3]"]) { _ = try counting(2, 3).reshaped([4, 2]) },
        Failure("permute", ["[2, 3]"]) { _ = try counting(2, 3).permuted(0, 0) },
        Failure("narrow", ["[3]"]) { _ = try counting(3).narrowed(0, 2, 2) },
        Failure("select", ["[3]"]) { _ = try counting(3).selected(0, 3) },
        Failure("slice", ["[3]"]) { _ = try counting(3).sliced(0, step: 0) },
        Failure("flatten", ["[3]"]) { _ = try counting(3).flattened(from: 1) },
        Failure("cat", ["[2, 2]", "[2]"]) {
            _ = try Tensor.cat([counting(2, 2), counting(2)], dim: 0)
        },
        Failure("cat", []) { _ = try Tensor.cat([], dim: 0) },
        Failure("stack", ["[2]", "[3]"]) { _ = try Tensor.stack([counting(2), counting(3)]) },
        Failure("item", ["[2]"]) { _ = try counting(2).item() },
        Failure("copy_", ["[2]", "[3]"]) { try counting(2).copyInPlace(counting(3)) },
        Failure("clamp", ["[1]"]) { _ = try counting(1).clamped(nil) },
        Failure("index_select", ["[2]", "[1]"]) {
            _ = try counting(2).indexed(0, Tensor.from([Int64(2)]))
        },
        Failure("index", ["[2, 2]", "[1]", "[1]"]) {
            _ = try counting(2, 2).indexed([.from([Int64(0)]), .from([Int64(2)])])
        },
        Failure("index_copy", ["[2]", "[1]", "[2]"]) {
            _ = try counting(2).replaced(0, .from([Int64(0)]), by: counting(2))
        },
        Failure("topk", ["[3]"]) { _ = try counting(3).topK(4) },
        Failure("sort", ["[3]"]) { _ = try counting(3).sorted(1) },
        Failure("embedding", ["embed.weight [3, 2]", "[1]"], at: "embed.weight") {
            _ = try named("embed.weight", [3, 2]).embedding(Tensor.from([Int64(3)]))
        },
        Failure("linear", ["[1, 4]", "head.weight [2, 3]", "head.bias [2]"], at: "head.weight") {
            _ = try counting(1, 4).linear(named("head.weight", [2, 3]), named("head.bias", [2]))
        },
        Failure(
            "conv2d", ["[1, 4, 8, 8]", "backbone.layer1.0.conv1.weight [8, 3, 3, 3]"],
            at: "backbone.layer1.0.conv1.weight"
        ) {
            _ = try Tensor.zeros([1, 4, 8, 8]).conv2d(
                named("backbone.layer1.0.conv1.weight", [8, 3, 3, 3]), nil)
        },
        Failure("layer_norm", ["[2, 3]", "norm.weight [4]"], at: "norm.weight") {
            _ = try counting(2, 3).layerNorm(named("norm.weight", [4]), nil, eps: 0)
        },
        Failure("batch_norm", ["[1, 3, 1, 2]", "bn.weight [2]"], at: "bn.weight") {
            _ = try counting(1, 3, 1, 2).batchNorm(
                weight: named("bn.weight", [2]), bias: nil, runningMean: nil, runningVar: nil,
                training: true, momentum: 0, eps: 0
            )
        },
        Failure("cross_entropy", ["[1, 2]", "[1]"]) {
            _ = try counting(1, 2).crossEntropy(Tensor.from([Int64(2)]))
        },
        Failure("max_pool2d", ["[1, 1, 2, 2]"]) { _ = try counting(1, 1, 2, 2).maxPool2d(3) },
        Failure("interpolate", ["[1, 1, 2, 2]"]) {
            _ = try counting(1, 1, 2, 2).interpolated(to: 0, .bilinear())
        },
        Failure("channels_last", ["[2, 2]"]) { _ = try counting(2, 2).channelsLast() },
        Failure("requires_grad", ["[1]"]) { try Tensor.from([Int64(1)]).setRequiresGrad(true) },
        Failure("backward", ["[1]"]) { try counting(1).backward() },
        Failure("dropout", ["[1]"]) { _ = try counting(1).dropout(2) },
        Failure("set_generator_state", ["[3]"]) {
            try RandomGenerator(seed: 1).setState(counting(3))
        },
        Failure("foreach_mul_", ["[1]"]) { try Foreach.mul([Tensor.from([Int64(1)])], 0.5) },
        Failure("foreach_add_", ["[1]"]) { try Foreach.add([counting(1)], []) },
        Failure("foreach_addcmul_", ["[1]"]) {
            try Foreach.addProduct([counting(1)], [counting(1)], [], scale: 1)
        },
        Failure("foreach_addcdiv_", ["[1]"]) {
            try Foreach.addQuotient(
                [counting(1)], [counting(1), counting(1)], [counting(1)], scale: 1)
        },
        Failure("withUnsafeBytes", ["[3, 2]"]) {
            try counting(2, 3).transposed(0, 1).withUnsafeBytes { _ in }
        },
    ])
    func errors(_ failure: Failure) throws {
        let error = try #require(throws: TorchError.self) { try failure.run() }
        #expect(
            error.operation == failure.operation && error.operands == failure.operands
                && error.path == failure.path)
        #expect(!error.message.isEmpty && !error.message.contains("Exception raised"))
        let place = failure.path.map { " at \($0)" } ?? ""
        let inputs =
            failure.operands.isEmpty
            ? "" : " (operands: \(failure.operands.joined(separator: ", ")))"
        #expect(error.description == "\(failure.operation)\(place): \(error.message)\(inputs)")
    }

    @Test(arguments: [[-1], [1 << 62], [1 << 40, 1 << 40], [1 << 62, 4, 0]])
    func impossibleShapes(_ shape: [Int]) throws {
        let error = try #require(throws: TorchError.self) { try Tensor.zeros(shape) }
        #expect(error.operation == "full" && error.message.hasSuffix(" (requested shape \(shape))"))
        let other = try #require(throws: TorchError.self) { try Tensor.empty(shape) }
        #expect(
            other.operation == "empty" && other.message.hasSuffix(" (requested shape \(shape))"))
    }

    @Test func bytesMustFitTheShape() throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.from([Float(1), 2, 3], shape: [2, 2])
        }
        #expect(
            error.description
                == "from(bytes:): expected 16 bytes for [2, 2] of float32, found 12 (operands: [2, 2])"
        )
    }

    @Test func theEngineGoesOnAfterAnError() throws {
        #expect(throws: TorchError.self) { try counting(2) + counting(3) }
        try expect(counting(2) + counting(2), [2], [2, 4])
    }
}
