import DenseKitComponents
import DenseKitData

extension Batch {
    /// The tensors of the batch under names for a file of many batches: `images.N` `[n, 3, h, w]`,
    /// `labels.N` `[n, h, w]`, and for the instances of image I `boxes.N.I` `[g, 4]`,
    /// `labels.N.I` `[g]`, `ignored_boxes.N.I` and `masks.N.I` `[g, h, w]`; targets of other tasks
    /// under their own names.
    ///
    /// - Parameter number: N, the number of the batch
    public func namedTensors(number: Int) throws -> [(name: String, tensor: Tensor)] {
        let targets = try targets()
        var result = [("images.\(number)", try images())]
        if let labels = targets.labels { result.append(("labels.\(number)", labels)) }
        for (name, tensor) in targets.others.sorted(by: { $0.key < $1.key }) {
            result.append(("\(name).\(number)", tensor))
        }
        for (image, instances) in (targets.instances ?? []).enumerated() {
            result.append(("boxes.\(number).\(image)", instances.boxes))
            result.append(("labels.\(number).\(image)", instances.labels))
            result.append(("ignored_boxes.\(number).\(image)", instances.ignoredBoxes))
            if let masks = instances.masks { result.append(("masks.\(number).\(image)", masks)) }
        }
        return result.map { (name: $0.0, tensor: $0.1) }
    }
}
