@_exported import DenseKitFoundations
