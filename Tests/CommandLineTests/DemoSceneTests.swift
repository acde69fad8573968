import DenseKitCommandLine
import DenseKitFoundations
import DenseKitVision
import Testing

private func fingerprint(_ scene: DemoScene) -> UInt64 {
    var hash = FNV1a(scene.image.pixels)
    for label in scene.labels.labels { hash.add(UInt64(label)) }
    return hash.value
}

@Test(
    "A scene is a function of seed and index; the fingerprint changes only when the data set is meant to change"
)
func determinism() {
    let scene = DemoScene.render(seed: 1, index: 3)
    #expect(fingerprint(scene) == 4_502_780_198_366_246_466)
    #expect(fingerprint(DemoScene.render(seed: 1, index: 3)) == fingerprint(scene))
    let others = [(1, 4), (2, 3), (1, -3), (UInt64.max, Int.max), (0, Int.min)].map {
        fingerprint(DemoScene.render(seed: $0.0, index: $0.1))
    }
    #expect(Set(others + [fingerprint(scene)]).count == others.count + 1)
}

@Test("Twenty scenes show every class, with known labels and little unlabelled")
func classes() {
    var pixels = [Int](repeating: 0, count: DemoScene.classes.count)
    var unlabelled = 0
    for index in 0..<20 {
        for label in DemoScene.render(seed: 0, index: index, size: 64).labels.labels {
            if label == LabelMap.ignore {
                unlabelled += 1
            } else if Int(label) < pixels.count {
                pixels[Int(label)] += 1
            } else {
                Issue.record("label \(label)")
            }
        }
    }
    let total = 20 * 64 * 64
    #expect(pixels.allSatisfy { $0 > total / 100 }, "\(pixels)")
    #expect(unlabelled > 0 && unlabelled < total / 50)
}

@Test("The layout does not depend on the size")
func sizes() {
    let small = DemoScene.render(seed: 5, index: 1, size: 32)
    let large = DemoScene.render(seed: 5, index: 1, size: 96)
    #expect(large.image.width == 96 && large.image.height == 96 && large.labels.width == 96)
    for y in 0..<32 {
        let row = (0..<32).map { x in large.labels.labels[(3 * y + 1) * 96 + 3 * x + 1] }
        #expect(Array(small.labels.labels[(32 * y)..<(32 * y + 32)]) == row)
    }
}

@Test(
    "Colour alone tells the classes apart badly: the mean colour of a class varies more than the classes differ"
)
func colourIsNotEnough() {
    var right = 0
    var all = 0
    var means = [SIMD3<Float>](repeating: .zero, count: DemoScene.classes.count)
    var counts = [Float](repeating: 0, count: DemoScene.classes.count)
    let scenes = (0..<30).map { DemoScene.render(seed: 9, index: $0, size: 32) }
    func eachPixel(_ body: (Int, SIMD3<Float>) -> Void) {
        for scene in scenes {
            for (pixel, label) in scene.labels.labels.enumerated() where label != LabelMap.ignore {
                let channels = scene.image.pixels[(3 * pixel)..<(3 * pixel + 3)].map(Float.init)
                body(Int(label), SIMD3(channels))
            }
        }
    }
    eachPixel { label, color in
        means[label] += color
        counts[label] += 1
    }
    for label in means.indices { means[label] /= counts[label] }
    eachPixel { label, color in
        func distance(_ index: Int) -> Float {
            ((means[index] - color) * (means[index] - color)).sum()
        }
        let nearest = means.indices.min { distance($0) < distance($1) }
        all += 1
        if nearest == label { right += 1 }
    }
    #expect(Double(right) / Double(all) < 0.6)
}
