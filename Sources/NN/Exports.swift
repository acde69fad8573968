@_exported import DenseKitTorch
