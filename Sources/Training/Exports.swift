@_exported import DenseKitDistributed
@_exported import DenseKitExperiments
