import DenseKitComponents
import DenseKitData
import DenseKitVision

extension Batch {
    /// The images of the batch, `[n, 3, h, w]` float32 in channels-last memory.
    public func images(on device: Device = .cpu) throws -> Tensor {
        try pixels.withUnsafeBytes {
            try Tensor.from(
                bytes: $0, shape: [count, 3, height, width], dtype: .float32, channelsLast: true)
        }.to(device)
    }

    /// Pixels of the batch that have a class; 0 where the batch has no label maps.
    public var labelledPixels: Int {
        labels?.count { $0 != Int64(Targets.defaultIgnoreIndex) } ?? 0
    }

    /// The ground truth of the batch: labels `[n, h, w]` int64, instances of each image, and
    /// targets of a plugin's own, each where the data set has them.
    public func targets(on device: Device = .cpu) throws -> Targets {
        let instances = try instances?.enumerated().map {
            try instanceTargets($1, masks: masks?[$0])
        }
        var targets = try Targets(
            labels: labels.map { try Tensor.from($0, shape: [count, height, width]).to(device) },
            instances: instances.map { try InstanceTargets.moved($0, to: device) })
        targets.others = try otherTargets().mapValues { try $0.to(device) }
        return targets
    }

    private func instanceTargets(_ instances: [SampleInstance], masks: [UInt8]?) throws
        -> InstanceTargets
    {
        var targets = try InstanceTargets(instances)
        let shape = [targets.labels.count, height, width]
        targets.masks = try masks?.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: shape, dtype: .uint8)
        }
        return targets
    }
}

extension InstanceTargets {
    /// The targets of one image: crowds become ignored boxes.
    init(_ instances: [SampleInstance]) throws {
        func boxes(_ instances: [SampleInstance]) throws -> Tensor {
            try Tensor.from(
                instances.flatMap { [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2] },
                shape: [instances.count, 4])
        }
        let things = instances.filter { !$0.isCrowd }
        try self.init(
            boxes: boxes(things),
            labels: Tensor.from(things.map { Int64($0.label) }, shape: [things.count]),
            ignoredBoxes: boxes(instances.filter(\.isCrowd)))
    }

    /// The targets of a batch copied to `device`, with one copy for the boxes of all images, one
    /// for their labels and one for their masks; those that are there already are shared.
    static func moved(_ images: [InstanceTargets], to device: Device) throws -> [InstanceTargets] {
        guard images.contains(where: { $0.boxes.device != device }) else { return images }
        let boxes = try together(images.flatMap { [$0.boxes, $0.ignoredBoxes] }, on: device)
        let labels = try together(images.map(\.labels), on: device)
        let masks = images.compactMap(\.masks)
        let all = masks.count == images.count ? try together(masks, on: device) : nil
        return try images.indices.map { image in
            try InstanceTargets(
                boxes: boxes[2 * image], labels: labels[image],
                ignoredBoxes: boxes[2 * image + 1],
                masks: all?[image] ?? images[image].masks?.to(device))
        }
    }

    /// Tensors `[n_i, …]` on `device`, by one copy for all of them.
    private static func together(_ parts: [Tensor], on device: Device) throws -> [Tensor] {
        let all = try Tensor.cat(parts, dim: 0).to(device)
        var start = 0
        return try parts.map { part in
            defer { start += part.size(0) }
            return try all.narrowed(0, start, part.size(0))
        }
    }

    /// The targets copied to `device`; those that are there already are shared.
    public func to(_ device: Device) throws -> InstanceTargets {
        try InstanceTargets(
            boxes: boxes.to(device), labels: labels.to(device),
            ignoredBoxes: ignoredBoxes.to(device),
            masks: masks?.to(device))
    }
}

extension LabelMap {
    /// The class indices of a tensor `[h, w]`, which is copied to the CPU. Values are truncated to
    /// 16 bits.
    public init(_ labels: Tensor) throws {
        self.init(
            height: labels.size(0), width: labels.size(1),
            labels: try labels.to(.cpu).to(.int32).contiguous().withUnsafeBytes { bytes in
                bytes.bindMemory(to: Int32.self).map { UInt16(truncatingIfNeeded: $0) }
            })
    }
}
