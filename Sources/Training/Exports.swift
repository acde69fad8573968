@_exported import DenseKitExperiments
