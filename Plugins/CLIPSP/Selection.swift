import DenseKitCore

/// The probabilities of all classes, image by image.
struct ImageProbabilities {
    struct Image {
        let values: [Float]
        /// Classes, most probable first; of equal ones the smaller first.
        let ranking: [Int]

        init(_ values: [Float]) {
            self.values = values
            ranking = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
        }
    }

    let images: [Image]
    let classes: Int
    let device: Device

    /// - Parameter probabilities: `[n, K]`
    init(_ probabilities: Tensor) throws {
        classes = probabilities.size(1)
        device = probabilities.device
        let values = try probabilities.floats()
        let classes = classes
        images = (0..<probabilities.size(0)).map {
            Image(Array(values[$0 * classes..<($0 + 1) * classes]))
        }
    }

    /// The probabilities of `labels`, a row an image: `[n, k]`.
    func values(of labels: [[Int]]) throws -> Tensor {
        let values = zip(images, labels).flatMap { image, labels in labels.map { image.values[$0] }
        }
        return try Tensor.from(values, shape: [labels.count, labels.first?.count ?? 0])
    }
}

extension Tensor {
    /// Labels, a row an image, as int64.
    static func labels(_ labels: [[Int]]) throws -> Tensor {
        try Tensor.from(
            labels.joined().map(Int64.init), shape: [labels.count, labels.first?.count ?? 0])
    }
}

/// Which classes have a pixel in each label map of a batch.
struct LabelSets {
    let images: [[Bool]]

    /// - Parameter labels: `[n, h, w]`; what is no class, such as `ignoreIndex`, is not there
    init(_ labels: Tensor, classes: Int, ignoreIndex: Int) throws {
        let values = try labels.integers()
        let n = labels.size(0)
        let pixels = n > 0 ? values.count / n : 0
        images = (0..<n).map { image in
            var present = [Bool](repeating: false, count: classes)
            var last: Int64 = -1
            for label in values[image * pixels..<(image + 1) * pixels] where label != last {
                last = label
                if label >= 0, label < Int64(classes), label != Int64(ignoreIndex) {
                    present[Int(label)] = true
                }
            }
            return present
        }
    }

    /// 1 where the class is there, `[n, K]`.
    func indicators() throws -> Tensor {
        let values = images.joined().map { $0 ? Float(1) : 0 }
        return try Tensor.from(values, shape: [images.count, images.first?.count ?? 0])
    }
}
