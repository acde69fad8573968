@_exported import Checkpoints
@_exported import Components
@_exported import Configuration
@_exported import Data
@_exported import Evaluation
@_exported import NN
@_exported import Training
@_exported import Vision
