@_exported import DenseKitErrors
@_exported import DenseKitGeometry
