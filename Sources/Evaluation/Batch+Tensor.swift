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
        var targets = try Targets(
            labels: labels.map { try Tensor.from($0, shape: [count, height, width]).to(device) },
            instances: instances?.enumerated().map {
                try instanceTargets($1, masks: masks?[$0]).to(device)
            })
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
