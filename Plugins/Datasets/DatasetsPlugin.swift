import DenseKitCore

/// Registers the data sets: ADE20K, COCO, COCO-Stuff, Cityscapes, iSAID, Pascal Context, Pascal
/// VOC, and folders of the user's own.
public struct DatasetsPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.datasets.register("ADE20K", ADE20K.init)
        registry.datasets.register("ADE20KFull", ADE20KFull.init)
        registry.datasets.register("COCODetection", COCODetection.init)
        registry.datasets.register("COCOStuff10k", COCOStuff10k.init)
        registry.datasets.register("COCOStuff164k", COCOStuff164k.init)
        registry.datasets.register("Cityscapes", Cityscapes.init)
        registry.datasets.register("Folder", FolderDataset.init)
        registry.datasets.register("PascalContext", PascalContext.init)
        registry.datasets.register("PascalContext59", PascalContext59.init)
        registry.datasets.register("PascalVOC", PascalVOC.init)
        // the field's spelling; a Swift type begins with a capital
        registry.datasets.register("iSAID", ISAID.init)
    }
}
