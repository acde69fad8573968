import DenseKitVision

/// A small image with labels for demonstrations: a landscape with objects, drawn by a pure function
/// of seed and index.
///
/// Every class has its own texture, and colours overlap: water may look like the sky, sand like
/// bricks, a ball like grass. Light and tint change from scene to scene. Labels are exact at every
/// pixel; a thin line along the horizon is unlabelled, as in real data sets.
public struct DemoScene: Sendable {
    /// The classes, in the order of their indices in the labels.
    public static let classes = ClassList(
        names: ["sky", "grass", "water", "sand", "brick wall", "tree", "ball", "striped box"],
        palette: [
            RGBColor(110, 170, 230), RGBColor(80, 170, 70), RGBColor(40, 80, 190),
            RGBColor(225, 200, 130), RGBColor(170, 75, 55),
            RGBColor(20, 95, 45), RGBColor(230, 60, 160), RGBColor(250, 230, 50),
        ])

    /// An object with an outline: a wall, a tree, a ball, a box.
    public struct Object: Sendable {
        /// The index of the class in `DemoScene.classes`.
        public let label: UInt16
        /// Whether it is a group of objects that are not distinguished.
        public let isCrowd: Bool
        /// 1 where the object is visible, 0 elsewhere: row by row, of the image's size.
        public fileprivate(set) var mask: [UInt8]
    }

    /// The drawn image.
    public let image: RGBImage
    /// The class of every pixel; `LabelMap.ignore` on the horizon.
    public let labels: LabelMap
    /// The objects, from back to front; some may be hidden by others.
    public let objects: [Object]

    /// Draws scene `index` of the data set `seed`, `size` × `size` pixels: the same image at any
    /// time and on any machine.
    ///
    /// - Parameters:
    ///   - seed: of the data set
    ///   - index: of the scene in it
    ///   - size: width and height in pixels
    ///   - crowded: whether to add more objects, and sometimes a crowd of them
    public static func render(seed: UInt64, index: Int, size: Int = 128, crowded: Bool = false)
        -> DemoScene
    {
        var random = SceneRandom(seed: seed, index: index)
        let layers = SceneLayer.landscape(&random, crowded: crowded)
        let light = Light(&random)
        var pixels = [UInt8](repeating: 0, count: size * size * 3)
        var labels = [UInt16](repeating: LabelMap.ignore, count: size * size)
        var objects: [Object] = []
        for layer in layers where layer.object == objects.count {
            objects.append(
                Object(
                    label: layer.label, isCrowd: layer.isCrowd,
                    mask: [UInt8](repeating: 0, count: size * size)))
        }
        for y in 0..<size {
            for x in 0..<size {
                let p = (SIMD2(Float(x), Float(y)) + 0.5) / Float(size)
                guard let layer = layers.last(where: { $0.shape.contains(p) }) else { continue }
                let color = light.applied(to: layer.texture.color(p), p, x, y)
                let bytes = SIMD3<UInt8>(
                    clamping: SIMD3<Int32>(
                        (color * 255).clamped(lowerBound: .zero, upperBound: .init(repeating: 255)))
                )
                let pixel = y * size + x
                labels[pixel] = layer.label
                if let object = layer.object { objects[object].mask[pixel] = 1 }
                for channel in 0..<3 { pixels[3 * pixel + channel] = bytes[channel] }
            }
        }
        return DemoScene(
            image: RGBImage(height: size, width: size, pixels: pixels),
            labels: LabelMap(height: size, width: size, labels: labels),
            objects: objects)
    }

    /// Brightness, tint, a gradient across the image, and the noise of a camera.
    private struct Light {
        private let gain: SIMD3<Float>
        private let slope: SIMD2<Float>
        private let noise: PlaneNoise

        init(_ random: inout SceneRandom) {
            let tint = SIMD3(
                random.number(0.86, 1.14), random.number(0.86, 1.14), random.number(0.86, 1.14))
            gain = tint * random.number(0.65, 1.2)
            slope = random.direction() * random.number(0, 0.3)
            noise = PlaneNoise(&random)
        }

        func applied(to color: SIMD3<Float>, _ p: SIMD2<Float>, _ x: Int, _ y: Int) -> SIMD3<Float>
        {
            let gradient = 1 + (slope * (p - 0.5)).sum() * 2
            let grain =
                0.06
                * (noise.value(Int32(truncatingIfNeeded: x), Int32(truncatingIfNeeded: y)) - 0.5)
            return color * gain * gradient + SIMD3(repeating: grain)
        }
    }
}
