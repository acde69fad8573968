import DenseKitVision

extension DatasetReport {
    /// `dataset` without the samples that have a problem of their own; unchanged where there are
    /// none.
    public func whole(_ dataset: any Dataset) -> any Dataset {
        guard !faulty.isEmpty else { return dataset }
        let indices = (0..<dataset.count).filter { !faulty.contains($0) }
        if let instances = dataset as? any InstanceDataset {
            return InstancePart(base: instances, indices: indices)
        }
        return LabelPart(base: dataset, indices: indices)
    }
}

/// Some samples of a data set, by their places in it.
private struct LabelPart: Dataset {
    let base: any Dataset
    let indices: [Int]

    var classes: ClassList { base.classes }
    var count: Int { indices.count }
    func sample(at index: Int) throws -> DataSample { try base.sample(at: indices[index]) }
    func size(at index: Int) -> Size2D? { base.size(at: indices[index]) }
    func labels(at index: Int) throws -> LabelMap? { try base.labels(at: indices[index]) }
}

/// Some samples of a data set whose instances are annotated individually.
private struct InstancePart: InstanceDataset {
    let base: any InstanceDataset
    let indices: [Int]

    var classes: ClassList { base.classes }
    var count: Int { indices.count }
    var categoryIDs: [Int64] { base.categoryIDs }
    var hasMasks: Bool { base.hasMasks }
    func sample(at index: Int) throws -> DataSample { try base.sample(at: indices[index]) }
    func size(at index: Int) -> Size2D? { base.size(at: indices[index]) }
    func imageID(at index: Int) -> Int64 { base.imageID(at: indices[index]) }
    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance] {
        try base.annotations(at: indices[index], shapes: shapes)
    }
}
