import DenseKit
import StreetKit

// street-predict CHECKPOINT FOLDER…: draws the prediction of every image, in the image's folder.
runProgram {
    guard let checkpoint = CommandLine.arguments.dropFirst().first else {
        return print("street-predict CHECKPOINT FOLDER…")
    }
    let predictor = try Predictor(checkpoint, plugins: [StreetPlugin()])
    for path in try ImageFiles.find(Array(CommandLine.arguments.dropFirst(2))) {
        try predictor(path).drawing().write(to: path + ".prediction.png")
    }
}
