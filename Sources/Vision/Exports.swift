@_exported import DenseKitGeometry
