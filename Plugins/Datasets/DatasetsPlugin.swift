import DenseKit

/// Readers of segmentation data sets.
public struct DatasetsPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.datasets.register("ADE20K", ADE20K.init)
        registry.datasets.register("Folder", Folder.init)
    }
}
