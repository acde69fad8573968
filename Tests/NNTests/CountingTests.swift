import DenseKitNN
import Testing

/// What counting asks of layers: that they are what they are written as, and that they can be built
/// of shapes alone.
@Suite struct CountingTests {
    @Test("Where operations are counted, layers are computed one by one, on the CPU too")
    func nothingIsFolded() throws {
        let block = try ConvModule(32, 32, kernel: 3, padding: 1)
        let linear = try Linear(8, 4)
        for layer in [block, linear] as [Module] { try layer.setTraining(false) }
        let map = try normal(1, 32, 40, 40).channelsLast()
        let rows = try normal(100, 8)
        try withoutGrad {
            for _ in 0..<3 { _ = try (block(map), linear(rows)) }  // by now both are prepared
            let counter = OperationCounter()
            let (y, z) = try counter.count { try (block(map), linear(rows)) }
            #expect(counter.entries.map(\.operation) == [.convolution, .batchNorm, .matrixProduct])
            #expect(try distance(y, block(map)) <= 1e-4)
            #expect(try distance(z, linear(rows)) <= 1e-4)
        }
    }

    @Test("An operation belongs to the module of its weight")
    func paths() throws {
        let block = try Sequential([
            ConvModule(4, 4), MultiheadHolder(8), GroupNorm(2, 4),
            ConvTranspose2d(4, 4, kernel: 2, stride: 2),
        ])
        try block.assignNames(prefix: "neck")
        try block.setTraining(false)
        let counter = OperationCounter()
        _ = try withoutGrad { try counter.count { try block(normal(2, 4, 2, 4)) } }
        #expect(
            counter.entries.map { "\($0.path) \($0.operation)" } == [
                "neck.0.conv convolution", "neck.0.bn batchNorm", "neck.1.attn matrixProduct",
                "neck.1.attn matrixProduct",
                "neck.1.attn.out_proj matrixProduct", "neck.2 groupNorm",
                "neck.3 transposedConvolution",
            ])
    }

    @Test(
        "Layers and their initialisers run on shapes alone, and give the names and shapes that they give with memory"
    )
    func built() throws {
        func layers() throws -> Sequential {
            try Sequential([
                ConvModule(3, 8, kernel: 3), Conv2d(8, 8, kernel: 1, groups: 2),
                ConvTranspose2d(8, 4, kernel: 2),
                GroupNorm(2, 4), LayerNorm(4), Embedding(7, 4), Linear(4, 6), MultiheadHolder(6),
            ])
        }
        func tensors(_ layers: Sequential) throws -> [String] {
            try layers.namedTensors().map {
                "\($0.name) \($0.kind) \($0.tensor.shape) \($0.tensor.dtype)"
            }
        }
        let shapes = try withDevice(.meta) {
            let made = try layers()
            for entry in try made.namedParameters() {
                try entry.tensor.kaimingNormalInPlace()
                try entry.tensor.truncatedNormalInPlace(std: 0.02)
                try entry.tensor.xavierUniformInPlace()
            }
            return made
        }
        #expect(try shapes.namedTensors().allSatisfy { $0.tensor.device == .meta })
        #expect(try tensors(shapes) == tensors(layers()))
        try shapes.freeze()
        #expect(try shapes.namedParameters().allSatisfy { !$0.tensor.requiresGrad })
    }
}

/// Attention over the positions of a map `[n, c, h, w]`, whose last two dimensions make up `d`.
private final class MultiheadHolder: Module, UnaryLayer {
    let attn: MultiheadAttention

    init(_ width: Int) throws { attn = try MultiheadAttention(width, heads: 2) }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        try attn(x.reshaped([x.size(0), x.size(1), -1])).reshaped(x.shape)
    }
}
