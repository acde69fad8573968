import DenseKit
import Foundation
import StreetKit

// street-predict CHECKPOINT FOLDER: draws what the model sees in every image of a folder, beside it.
let (checkpoint, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])
let predictor = try Predictor(checkpoint, plugins: [StreetPlugin()])
for path in try ImageFiles.find([folder]) {
    try predictor(path).drawing().write(to: path + ".prediction.png")
}
