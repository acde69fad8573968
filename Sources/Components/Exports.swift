@_exported import DenseKitConfiguration
@_exported import DenseKitNN
