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
        guard labels.device == .cpu else {
            // The maps stay where they are: a number for each class is fetched, not each pixel.
            let present = try Self.presence(labels, classes, ignoreIndex).floats()
            images = (0..<labels.size(0)).map { image in
                present[image * classes..<(image + 1) * classes].map { $0 == 1 }
            }
            return
        }
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

    /// 1 where the class has a pixel in the map, `[n, K]` on the device of `labels`
    /// `[n, h, w]`.
    static func indicators(_ labels: Tensor, classes: Int, ignoreIndex: Int) throws -> Tensor {
        guard labels.device == .cpu else { return try presence(labels, classes, ignoreIndex) }
        return try LabelSets(labels, classes: classes, ignoreIndex: ignoreIndex).indicators()
    }

    private static func presence(_ labels: Tensor, _ classes: Int, _ ignoreIndex: Int) throws
        -> Tensor
    {
        let n = labels.size(0)
        let isNone = try labels.isLess(than: 0).or(labels.isAtLeast(Double(classes))).or(
            labels.equals(Double(ignoreIndex)))
        // A row of each image has a place for every class, and one behind them for what is none.
        let row = classes + 1
        let starts = try Tensor.arange(
            to: Double(n * row), step: Double(row), device: labels.device)
        let places =
            try labels.masked(isNone, with: Double(classes)).reshaped([n, -1])
            + starts.unsqueezed(1)
        let flat = try places.flattened()
        // Places occur many times, always with the same value.
        return try Tensor.zeros([n * row], device: labels.device).replaced(
            0, flat, by: Tensor.ones(flat.shape, device: labels.device)
        ).reshaped([n, row]).narrowed(1, 0, classes)
    }

    /// 1 where the class is there, `[n, K]`.
    func indicators() throws -> Tensor {
        let values = images.joined().map { $0 ? Float(1) : 0 }
        return try Tensor.from(values, shape: [images.count, images.first?.count ?? 0])
    }
}
