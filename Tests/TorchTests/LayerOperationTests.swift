import DenseKitTorch
import Testing

/// The operations of networks against values computed by hand.
@Suite struct LayerOperationTests {
    @Test(arguments: [
        Operation("linear", [1, 2], [5.5, 11]) {
            try counting(1, 2).linear(counting(2, 2), Tensor.from([Float(0.5), 0]))
        },
        Operation("linear without bias", [1, 2], [5, 11]) {
            try counting(1, 2).linear(counting(2, 2), nil)
        },
        Operation("convolution", [1, 1, 1, 2], [12, 16]) {
            try counting(1, 1, 2, 3).conv2d(Tensor.ones([1, 1, 2, 2]), nil)
        },
        Operation("convolution with bias, stride, padding", [1, 1, 2, 2], [1.5, 3.5, 4.5, 6.5]) {
            try counting(1, 1, 2, 3).conv2d(
                Tensor.ones([1, 1, 1, 1]), Tensor.full([1], 0.5), stride: Size2D(1, 2))
        },
        Operation("convolution, padded", [1, 1, 1, 2], [8, 5]) {
            try counting(1, 1, 1, 2).conv2d(counting(1, 1, 1, 3), nil, padding: Size2D(0, 1))
        },
        Operation("convolution, dilated", [1, 1, 1, 1], [1 + 3 + 7 + 9]) {
            try counting(1, 1, 3, 3).conv2d(Tensor.ones([1, 1, 2, 2]), nil, dilation: 2)
        },
        Operation("convolution in groups", [1, 2, 1, 1], [2, 6]) {
            try counting(1, 2, 1, 1).conv2d(
                Tensor.from([Float(2), 3], shape: [2, 1, 1, 1]), nil, groups: 2)
        },
        Operation("transposed convolution", [1, 1, 2, 4], [1, 1, 2, 2, 1, 1, 2, 2]) {
            try counting(1, 1, 1, 2).convTranspose2d(Tensor.ones([1, 1, 2, 2]), nil, stride: 2)
        },
        Operation("transposed convolution, padded", [1, 1, 1, 3], [2, 20, 3]) {
            try counting(1, 1, 1, 2).convTranspose2d(
                Tensor.from([Float(9), 1, 1], shape: [1, 1, 1, 3]), Tensor.ones([1]),
                stride: Size2D(1, 2), padding: Size2D(0, 1))
        },
        Operation("max pool", [1, 1, 1, 2], [5, 6]) {
            try counting(1, 1, 2, 3).maxPool2d(2, stride: 1)
        },
        Operation("max pool, padded", [1, 1, 1, 2], [1, 3]) {
            try counting(1, 1, 1, 3).maxPool2d(
                Size2D(1, 2), stride: Size2D(1, 2), padding: Size2D(0, 1))
        },
        Operation("max pool, last window cut", [1, 1, 1, 2], [2, 3]) {
            try counting(1, 1, 1, 3).maxPool2d(Size2D(1, 2), ceilMode: true)
        },
        Operation("average pool", [1, 1, 1, 1], [3]) { try counting(1, 1, 2, 3).avgPool2d(2) },
        Operation("average pool that counts padding", [1, 1, 1, 2], [0.5, 2.5]) {
            try counting(1, 1, 1, 3).avgPool2d(Size2D(1, 2), padding: Size2D(0, 1))
        },
        Operation("average pool that does not", [1, 1, 1, 2], [1, 2.5]) {
            try counting(1, 1, 1, 3).avgPool2d(
                Size2D(1, 2), padding: Size2D(0, 1), countIncludePad: false)
        },
        Operation("adaptive pool", [1, 1, 1, 2], [3, 4]) {
            try counting(1, 1, 2, 3).adaptiveAvgPool2d(Size2D(1, 2))
        },
        Operation("nearest", [1, 1, 1, 4], [1, 1, 2, 2]) {
            try counting(1, 1, 1, 2).interpolated(to: Size2D(1, 4), .nearest)
        },
        Operation("bilinear", [1, 1, 1, 4], [1, 1.25, 1.75, 2]) {
            try counting(1, 1, 1, 2).interpolated(to: Size2D(1, 4), .bilinear())
        },
        Operation("bilinear, corners aligned", [1, 1, 1, 3], [1, 1.5, 2]) {
            try counting(1, 1, 1, 2).interpolated(to: Size2D(1, 3), .bilinear(alignCorners: true))
        },
        Operation("bicubic keeps a plane", [1, 1, 1, 3], [2, 2, 2]) {
            try Tensor.full([1, 1, 1, 4], 2).interpolated(to: Size2D(1, 3), .bicubic())
        },
        Operation("embedding", [2, 2], [5, 6, 1, 2]) {
            try counting(3, 2).embedding(Tensor.from([Int64(2), 0]))
        },
        Operation("layer norm", [2, 2], [-1, 1, 1, -1]) {
            try Tensor.from([Float(1), 3, 8, 2], shape: [2, 2]).layerNorm(
                Tensor.ones([2]), nil, eps: 0)
        },
        Operation("layer norm, scaled and shifted", [1, 2], [-1.5, 3]) {
            try Tensor.from([Float(1), 3], shape: [1, 2]).layerNorm(
                counting(2), Tensor.from([Float(-0.5), 1]), eps: 0)
        },
        Operation("group norm", [1, 2, 1, 2], [-1, 1, -1, 1]) {
            try Tensor.from([Float(1), 3, 10, 30], shape: [1, 2, 1, 2]).groupNorm(
                2, weight: nil, bias: nil, eps: 0)
        },
        Operation("batch norm with running statistics", [1, 2, 1, 1], [3, 1]) {
            try counting(1, 2, 1, 1).batchNorm(
                weight: Tensor.full([2], 2), bias: Tensor.ones([2]),
                runningMean: Tensor.from([Float(0), 2]),
                runningVar: Tensor.ones([2]), training: false, momentum: 0.1, eps: 0)
        },
        Operation("cross-entropy", [], [0.31326166]) {
            try Tensor.from([Float(0), 1], shape: [1, 2]).crossEntropy(Tensor.from([Int64(1)]))
        },
        Operation("cross-entropy of each", [2], [1.3132617, 0]) {
            try Tensor.from([Float(0), 1, 5, 5], shape: [2, 2]).crossEntropy(
                Tensor.from([Int64(0), 9]), reduction: .none, ignoreIndex: 9)
        },
        Operation("cross-entropy, weighted mean", [], [(3 * 1.3132617 + 0.6931472) / 4]) {
            try Tensor.from([Float(0), 1, 5, 5], shape: [2, 2]).crossEntropy(
                Tensor.from([Int64(0), 1]), weight: Tensor.from([Float(3), 1]))
        },
        Operation("binary cross-entropy", [], [(0.6931472 + 0.31326166) / 2]) {
            try Tensor.from([Float(0), 1]).binaryCrossEntropyWithLogits(
                Tensor.from([Float(0.3), 1]))
        },
        Operation("attention", [1, 1, 1, 4], [5, 0, 0, 0]) {
            // Scores 2 · ln 3 / √4 and 0: shares 3/4 and 1/4.
            let query = try Tensor.from([Float(2), 0, 0, 0], shape: [1, 1, 1, 4])
            let keys = try Tensor.from(
                [Float(1.0986123), 7, 7, 7, 0, 7, 7, 7], shape: [1, 1, 2, 4])
            return try .attention(
                query, keys, Tensor.from([Float(4), 0, 0, 0, 8, 0, 0, 0], shape: [1, 1, 2, 4]))
        },
        Operation("causal attention", [1, 1, 3, 1], [2, 3, 5]) {
            let same = try Tensor.ones([1, 1, 3, 1])
            return try .attention(
                same, same, Tensor.from([Float(2), 4, 9], shape: [1, 1, 3, 1]), causal: true)
        },
        Operation("masked attention", [1, 1, 1, 1], [4]) {
            let mask = try Tensor.from([-.infinity, Float(0), -.infinity], shape: [1, 3])
            return try .attention(
                Tensor.ones([1, 1, 1, 1]), Tensor.ones([1, 1, 3, 1]),
                Tensor.from([Float(2), 4, 9], shape: [1, 1, 3, 1]),
                mask: mask)
        },
    ])
    func values(_ operation: Operation) throws {
        try expect(operation.run(), operation.shape, operation.values, within: 2e-6)
    }
}
