import DenseKitCore
import DenseKitLanguageGuidance

/// Scores of all classes at several scales: the cosine of text and language map at the map's own
/// stride and at half of it; finer maps are sums of all coarser ones, each brought up by layers of
/// its own. (Eq. 8)
///
/// Language map `[n, d, h, w]`, text `[n, k, d]` → maps `[n, k, hᵢ, wᵢ]`, coarse to fine.
///
/// A transposed convolution doubles exactly, a backbone rounds: what does not have its level's size
/// is resized to it.
final class MultiScaleAlignment: Module {
    let embedUps: [Sequential]  // of the language map: ×2
    let scoreUps: [Sequential]  // of scores: for every finer map, one for every coarser
    /// Strides of the score maps in pixels: from the language map's own, halved down to 4.
    let strides: [Int]

    init(_ channels: Int, classes: Int, stride: Int) throws {
        var strides = [stride]
        while let last = strides.last, last.isMultiple(of: 2), last / 2 >= 4 {
            strides.append(last / 2)
        }
        self.strides = strides
        func cascade(_ channels: Int, doublings: Int) throws -> Sequential {
            Sequential(
                try (0..<doublings).map { _ in
                    try ConvTranspose2d(channels, channels, kernel: 2, stride: 2)
                })
        }
        embedUps = strides.count > 1 ? [try cascade(channels, doublings: 1)] : []
        scoreUps = try strides.indices.dropFirst(2).flatMap { finer in
            try (0..<finer).map { try cascade(classes, doublings: finer - $0) }
        }
    }

    /// - Parameter sizes: of the pyramid's levels at `strides`, where it has such a level
    func callAsFunction(_ local: Tensor, _ text: Tensor, sizes: [Size2D?]) throws -> [Tensor] {
        var scores = [try scoreMap(local, text)]
        guard let up = embedUps.first else { return scores }
        scores.append(try scoreMap(resized(up(local), to: sizes[1]), text))
        var ups = scoreUps[...]
        while let next = try sum(
            of: scores, &ups, size: scores.count < sizes.count ? sizes[scores.count] : nil)
        {
            scores.append(next)
        }
        return scores
    }

    /// The next finer score map: the sum of all coarser ones, upsampled; nil where there are no
    /// more layers.
    private func sum(of scores: [Tensor], _ ups: inout ArraySlice<Sequential>, size: Size2D?) throws
        -> Tensor?
    {
        guard ups.count >= scores.count else { return nil }
        let raised = try zip(ups.prefix(scores.count), scores).map { up, scores in
            try resized(up(scores), to: size)
        }
        ups = ups.dropFirst(scores.count)
        return try raised.dropFirst().reduce(raised[0]) { try $0 + $1 }
    }

    private func resized(_ map: Tensor, to size: Size2D?) throws -> Tensor {
        guard let size, size != Size2D(map.size(2), map.size(3)) else { return map }
        return try map.interpolated(to: size, .bilinear())
    }
}
