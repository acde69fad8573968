import DenseKitCore

extension Swin {
    /// Blocks at one resolution, every second with shifted windows, and what takes their result to
    /// the next. `[n, h, w, c] → [n, h, w, c]`
    final class Stage: Module {
        let blocks: [Block]
        let downsample: PatchMerging?
        @CachedValue private var mask: ShiftMask?

        /// - Parameter rates: of stochastic depth, one for each block
        init(_ channels: Int, heads: Int, window: Int, hidden: Int, rates: [Double], merges: Bool)
            throws
        {
            blocks = try rates.enumerated().map { index, rate in
                try Block(
                    channels, heads: heads, window: window,
                    shift: index.isMultiple(of: 2) ? 0 : window / 2, hidden: hidden,
                    dropPath: rate)
            }
            downsample = merges ? try PatchMerging(channels) : nil
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            var x = x
            for block in blocks {
                x = try block(x, mask: block.attn.shift > 0 ? mask(block.attn, like: x) : nil)
            }
            return x
        }

        /// All shifted blocks of a stage have the same mask; it stays until a map of another size
        /// comes.
        private func mask(_ attention: ShiftedWindowAttention, like x: Tensor) throws -> Tensor {
            let grid = attention.grid(of: x)
            if let mask, mask.grid == grid, mask.values.device == x.device { return mask.values }
            let values = try attention.mask(grid).to(x.device)
            mask = ShiftMask(grid: grid, values: values)
            return values
        }

        override func stateDidChange() { mask = nil }

        private struct ShiftMask {
            let grid: Size2D
            let values: Tensor
        }
    }

    /// Attention within windows, then a perceptron over the channels, each with a norm before and a
    /// shortcut around. `[n, h, w, c] → [n, h, w, c]`
    final class Block: Module {
        let norm1: LayerNorm
        let attn: ShiftedWindowAttention
        let norm2: LayerNorm
        let ffn: FeedForward
        let dropPath: DropPath

        init(
            _ channels: Int, heads: Int, window: Int, shift: Int, hidden: Int, dropPath rate: Double
        ) throws {
            norm1 = try LayerNorm(channels)
            attn = try ShiftedWindowAttention(channels, heads: heads, window: window, shift: shift)
            norm2 = try LayerNorm(channels)
            ffn = try FeedForward(channels, hidden: hidden)
            dropPath = DropPath(rate)
        }

        func callAsFunction(_ x: Tensor, mask: Tensor?) throws -> Tensor {
            let y = try x + dropPath(attn(norm1(x), mask: mask))
            return try y + dropPath(ffn(norm2(y)))
        }
    }

    /// Two linear layers with GELU between them, under mmcv's keys.
    final class FeedForward: Module {
        let layers: Sequential

        init(_ channels: Int, hidden: Int) throws {
            let first = Sequential([try Linear(channels, hidden), Activation(.gelu)])
            layers = Sequential([first, try Linear(hidden, channels)])
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor { try layers(x) }
    }
}
