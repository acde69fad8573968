@_exported import Configuration
@_exported import NN
