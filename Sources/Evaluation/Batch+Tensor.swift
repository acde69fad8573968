import DenseKitComponents
import DenseKitData
import DenseKitVision

extension Batch {
    /// The images, `[n, 3, h, w]` in channels-last memory.
    public func images(on device: Device = .cpu) throws -> Tensor {
        try pixels.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [count, 3, height, width], dtype: .float32, channelsLast: true)
        }.to(device)
    }

    /// How many pixels have a class.
    public var labelledPixels: Int { labels?.count { $0 != Int64(Targets.defaultIgnoreIndex) } ?? 0 }

    /// The answers, where the data set has them.
    public func targets(on device: Device = .cpu) throws -> Targets {
        var targets = Targets(
            labels: try labels.map { try Tensor.from($0, shape: [count, height, width]).to(device) },
            instances: try instances?.enumerated().map { try instanceTargets($1, masks: masks?[$0]).to(device) })
        targets.others = try otherTargets().mapValues { try $0.to(device) }
        return targets
    }

    private func instanceTargets(_ instances: [Instance], masks: [UInt8]?) throws -> InstanceTargets {
        var targets = try InstanceTargets(instances)
        let shape = [targets.labels.count, height, width]
        targets.masks = try masks?.withUnsafeBytes { try Tensor.from(bytes: $0, shape: shape, dtype: .uint8) }
        return targets
    }
}

extension InstanceTargets {
    /// The targets that `instances` are: crowds become ignored boxes.
    init(_ instances: [Instance]) throws {
        func boxes(_ instances: [Instance]) throws -> Tensor {
            try Tensor.from(instances.flatMap { [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2] }, shape: [instances.count, 4])
        }
        let things = instances.filter { !$0.isCrowd }
        self.init(
            boxes: try boxes(things), labels: try Tensor.from(things.map { Int64($0.label) }, shape: [things.count]),
            ignoredBoxes: try boxes(instances.filter(\.isCrowd)))
    }

    /// The targets on another device.
    public func to(_ device: Device) throws -> InstanceTargets {
        InstanceTargets(
            boxes: try boxes.to(device), labels: try labels.to(device), ignoredBoxes: try ignoredBoxes.to(device),
            masks: try masks?.to(device))
    }
}

extension LabelMap {
    /// The class indices of a tensor `[h, w]`.
    public init(_ labels: Tensor) throws {
        self.init(
            height: labels.size(0), width: labels.size(1),
            labels: try labels.to(.cpu).to(.int32).contiguous().withUnsafeBytes { bytes in
                bytes.bindMemory(to: Int32.self).map { UInt16(truncatingIfNeeded: $0) }
            })
    }
}
