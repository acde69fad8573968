import DenseKitFoundations
import Foundation

/// Where CLIP's vocabulary file is found. It is not part of this package: users download it once.
public enum VocabularyAsset {
    /// The name of the vocabulary file, as OpenAI distributes it.
    public static let fileName = "bpe_simple_vocab_16e6.txt.gz"

    /// How to get the vocabulary file and where to put it, for error messages.
    public static let instructions = """
        Get it in one of two ways:
          pip download --no-deps open_clip_torch && unzip -j open_clip_torch-*.whl open_clip/\(fileName)
          or copy it from clip/ of github.com/openai/CLIP, or from segmentation/denseclip/ of github.com/raoyongming/DenseCLIP
        and put it into ~/.cache/densekit/ or into the folder that the environment variable DENSEKIT_ASSETS names, \
        or give its path in the configuration.
        """

    /// The path of the vocabulary: the configured one, else the first that exists of
    /// `$DENSEKIT_ASSETS/` and the user's cache.
    ///
    /// - Parameters:
    ///   - configured: the path of a file, or of a folder with the file; where it is given, no
    ///     other place is searched.
    ///   - environment: the process's own variables unless given.
    /// - Throws: `TokenizerError.vocabularyNotFound` with every place that was searched.
    public static func find(
        _ configured: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(TokenizerError) -> String {
        let searched = candidates(configured, environment)
        for path in searched where isFile(path) { return path }
        throw .vocabularyNotFound(searched: searched)
    }

    private static func candidates(_ configured: String?, _ environment: [String: String])
        -> [String]
    {
        if let configured {
            return isFolder(configured) ? [FilePaths.joined(configured, fileName)] : [configured]
        }
        let assets = environment["DENSEKIT_ASSETS"].flatMap { $0.isEmpty ? nil : $0 }
        return [assets, CacheFolder.root(environment)].compactMap {
            $0.map { FilePaths.joined($0, fileName) }
        }
    }

    private static func isFile(_ path: String) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &folder)
            && !folder.boolValue
    }

    private static func isFolder(_ path: String) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &folder)
            && folder.boolValue
    }
}
