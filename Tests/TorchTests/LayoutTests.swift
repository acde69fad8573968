import DenseKitTorch
import Testing

/// Channels-last memory: shapes and elements stay, the layout goes through.
@Suite struct LayoutTests {
    private func map() throws -> Tensor { try normal([2, 8, 5, 6]).channelsLast() }

    @Test func conversionKeepsTheElements() throws {
        let rows = try counting(1, 2, 1, 3)
        let last = try rows.channelsLast()
        #expect(last.isChannelsLast && !last.isContiguous && last.shape == [1, 2, 1, 3])
        #expect(try last.floats() == rows.floats())
        #expect(
            try last.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == [1, 4, 2, 5, 3, 6])
        #expect(try last.contiguous().isContiguous)
    }

    @Test func bytesMayComeChannelsLast() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6]  // two pixels of three channels
        let made = try bytes.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [1, 3, 1, 2], dtype: .uint8, channelsLast: true)
        }
        #expect(made.isChannelsLast && made.shape == [1, 3, 1, 2])
        #expect(try made.integers() == [1, 4, 2, 5, 3, 6])
        #expect(try made.to(.float32).isChannelsLast)
        let rows = try bytes.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [1, 3, 1, 2], dtype: .uint8)
        }
        #expect(try rows.integers() == [1, 2, 3, 4, 5, 6])
    }

    @Test(arguments: [
        Function("convolution", []) {
            try $0.conv2d(normal([4, 8, 3, 3], seed: 1), nil, stride: 2, padding: 1)
        },
        Function("batch norm", []) {
            try $0.batchNorm(
                weight: nil, bias: nil, runningMean: nil, runningVar: nil, training: true,
                momentum: 0, eps: 1e-5)
        },
        Function("group norm", []) { try $0.groupNorm(2, weight: nil, bias: nil, eps: 1e-5) },
        Function("relu", []) { try $0.relu() },
        Function("max pool", []) { try $0.maxPool2d(3, stride: 2, padding: 1) },
        Function("average pool", []) { try $0.avgPool2d(2) },
        Function("bilinear", []) { try $0.interpolated(to: Size2D(9, 7), .bilinear()) },
        Function("nearest", []) { try $0.interpolated(to: Size2D(9, 7), .nearest) },
        Function("cat", []) { try .cat([$0, $0], dim: 1) },
        Function("sum", []) { try $0 + $0 },
        Function("scale", []) { try $0 * 2 },
        Function("another element type", []) { try $0.to(.float64) },
        Function("clone", []) { try $0.cloned() },
    ])
    func operationsKeepIt(_ function: Function) throws {
        let last = try function.run(map())
        #expect(last.isChannelsLast && !last.isContiguous)
        let rows = try function.run(map().contiguous())
        #expect(try distance(last, rows) < 1e-5)
    }
}
