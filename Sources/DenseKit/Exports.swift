@_exported import DenseKitBuiltIn
@_exported import DenseKitCore
