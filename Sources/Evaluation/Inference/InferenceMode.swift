import DenseKitNN
import DenseKitVision

/// How a segmentation model is applied to an image at test time.
public enum InferenceMode: Sendable, Hashable {
    /// The whole image at once.
    case whole
    /// Overlapping windows of `crop` pixels every `stride` pixels; logits are averaged where
    /// windows overlap.
    case slide(crop: Size2D, stride: Size2D)
}

/// The windows of sliding inference over an image, as mmsegmentation lays them: shifted inside at
/// the border.
func windows(over size: Size2D, crop: Size2D, stride: Size2D) -> [PixelWindow] {
    let rows = max(size.height - crop.height + stride.height - 1, 0) / stride.height + 1
    let columns = max(size.width - crop.width + stride.width - 1, 0) / stride.width + 1
    var result: [PixelWindow] = []
    for row in 0..<rows {
        for column in 0..<columns {
            let bottom = min(row * stride.height + crop.height, size.height)
            let right = min(column * stride.width + crop.width, size.width)
            let top = max(bottom - crop.height, 0)
            let left = max(right - crop.width, 0)
            result.append(PixelWindow(y: top, x: left, height: bottom - top, width: right - left))
        }
    }
    return result
}
