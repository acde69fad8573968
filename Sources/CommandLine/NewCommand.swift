import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit new backbone NAME`
struct NewCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "new", abstract: "Start a component of your own.",
            subcommands: [NewBackboneCommand<List>.self])
    }
}

/// Writes one Swift file with a backbone, and a configuration that uses it.
struct NewBackboneCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "backbone",
            abstract:
                "Write NAME.swift, a backbone to start from, and a configuration that trains it.")
    }

    @Argument(help: "The type's name, such as TinyNet.")
    var name: String

    @Option(help: "The folder to write to.", transform: FilePaths.expanded)
    var dir = "."

    @Option(
        help: "Where the training data is, in ADE20K's layout; `demo` makes some.",
        transform: FilePaths.expanded)
    var data = "densekit-demo/data"

    func validate() throws {
        let letters = name.unicodeScalars
        guard let first = letters.first, CharacterSet.uppercaseLetters.contains(first),
            first.isASCII,
            letters.allSatisfy({ $0.isASCII && CharacterSet.alphanumerics.contains($0) })
        else {
            throw ValidationError(
                "'\(name)' is not the name of a Swift type: a capital letter, then letters and digits, such as TinyNet"
            )
        }
    }

    func run() throws {
        let stem = fileStem
        let prompter = List.plugins.lazy.compactMap { ($0 as? any ExamplePlugin)?.examplePrompter }
            .first
        let files = [
            ("\(stem).swift", Templates.backbone(name)),
            (
                "\(stem).yaml",
                Templates.configuration(
                    name, stem, program: List.name, data: data, prompter: prompter)
            ),
        ]
        for (file, _) in files where FileManager.default.fileExists(atPath: "\(dir)/\(file)") {
            throw ValidationError(
                "\(dir)/\(file) exists already: remove it, or choose another name or --dir")
        }
        try FileSystem.makeFolder(dir, remedy: "choose another with --dir")
        for (file, text) in files {
            try AtomicFile.write(Data(text.utf8), to: "\(dir)/\(file)")
            print("wrote \(dir)/\(file)")
        }
        print("train it: \(List.name) train \(dir)/\(stem).yaml")
    }

    /// `TinyNet` → `tiny_net`
    private var fileStem: String { snakeCasedName(name) }
}
