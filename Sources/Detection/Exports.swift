@_exported import DenseKitComponents
