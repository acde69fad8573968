import DenseKitCore

extension Swin {
    /// Self-attention within windows that may be shifted. `[n, h, w, c] → [n, h, w, c]` (Liu et al.
    /// 2021, section 3.2)
    ///
    /// Maps are padded to whole windows by zeros, which take part as tokens of their own, as in
    /// mmsegmentation.
    final class ShiftedWindowAttention: Module {
        let wMsa: WindowAttention
        let window: Int
        let shift: Int

        init(_ channels: Int, heads: Int, window: Int, shift: Int) throws {
            wMsa = try WindowAttention(channels, heads: heads, window: window)
            self.window = window
            self.shift = shift
        }

        /// - Parameter mask: `mask(grid(of: x))` where windows are shifted
        func callAsFunction(_ x: Tensor, mask: Tensor?) throws -> Tensor {
            let attended = try wMsa(x.windows(window, shift: shift), maps: x.size(0), mask: mask)
            return try attended.joinedWindows(
                window, shift: shift, mapSize: Size2D(x.size(1), x.size(2)))
        }

        /// Rows and columns of windows on a map `[n, h, w, c]`.
        func grid(of x: Tensor) -> Size2D {
            Size2D((x.size(1) + window - 1) / window, (x.size(2) + window - 1) / window)
        }

        /// What is added to the scores of the windows of a grid: nothing between tokens that were
        /// neighbours before the roll, -100 between others. `[windows, 1, window², window²]`
        func mask(_ grid: Size2D) throws -> Tensor {
            /// The regions along one side: before the last window, that window up to the rolled
            /// rows, the rolled rows.
            func regions(_ windows: Int) -> [Int] {
                let length = windows * window
                return (0..<length).map { $0 < length - window ? 0 : $0 < length - shift ? 1 : 2 }
            }
            let rows = regions(grid.height)
            let columns = regions(grid.width)
            let map = rows.flatMap { row in columns.map { Float(3 * row + $0) } }
            let places = try Tensor.from(map, shape: [1, rows.count, columns.count, 1])
            let cut = try places.windows(window).squeezed(2)  // [windows, window²]
            let differs = try (cut.unsqueezed(1) - cut.unsqueezed(2)).differs(from: 0)
            return try (differs.to(.float32) * -100).unsqueezed(1)
        }
    }

    /// Self-attention among the tokens of a window, with a learned bias for every distance and
    /// head. `[n · windows, t, c] → [n · windows, t, c]`
    final class WindowAttention: Module {
        @Parameter var relativePositionBiasTable: Tensor  // [(2 · window − 1)², heads]
        let qkv: Linear
        let proj: Linear
        let heads: Int
        let window: Int
        @CachedValue private var indices: Tensor?  // [t, t]

        init(_ channels: Int, heads: Int, window: Int) throws {
            let distances = (2 * window - 1) * (2 * window - 1)
            relativePositionBiasTable = try Tensor.empty([distances, heads]).truncatedNormalInPlace(
                std: 0.02)
            qkv = try Linear(channels, 3 * channels)
            proj = try Linear(channels, channels)
            self.heads = heads
            self.window = window
        }

        /// - Parameters:
        ///   - maps: n
        ///   - mask: added to the scores of every map's windows, `[windows, 1, t, t]`
        func callAsFunction(_ x: Tensor, maps n: Int, mask: Tensor?) throws -> Tensor {
            let windows = x.size(0) / n
            let t = x.size(1)
            let c = x.size(2)
            let packed = try qkv(x).reshaped([n, windows, t, 3, heads, c / heads]).permuted(
                3, 0, 1, 4, 2, 5
            ).contiguous()
            // [n, windows, heads, t, d]
            let q = try packed.selected(0, 0)
            let k = try packed.selected(0, 1)
            let v = try packed.selected(0, 2)
            let bias = try positionBias()
            let attended = try Tensor.attention(q, k, v, mask: mask.map { try bias + $0 } ?? bias)
            return try proj(attended.transposed(2, 3).reshaped([n * windows, t, c]))
        }

        /// The table's row for every pair of tokens. `[heads, t, t]`
        private func positionBias() throws -> Tensor {
            try relativePositionBiasTable.embedding(pairs()).permuted(2, 0, 1).contiguous()
        }

        /// The index in the table for the pair of tokens i, j: their distance in rows, then in
        /// columns, both from the farthest before on.
        private func pairs() throws -> Tensor {
            if let indices, indices.device == relativePositionBiasTable.device { return indices }
            let side = 2 * window - 1
            let places = (0..<(window * window)).map { ($0 / window, $0 % window) }
            let all = places.flatMap { a in
                places.map { b in Int64((a.0 - b.0 + window - 1) * side + a.1 - b.1 + window - 1) }
            }
            let made = try Tensor.from(all, shape: [places.count, places.count]).to(
                relativePositionBiasTable.device)
            indices = made
            return made
        }
    }
}
