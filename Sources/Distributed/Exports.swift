@_exported import DenseKitErrors
