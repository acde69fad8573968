import DenseKitCore

/// A way to make the text embeddings of classes.
///
/// Its parts stand at the top of a checkpoint: `text_encoder.*`, `contexts`, `projector.*`, …
public protocol Prompting: Module {
    /// - Parameters:
    ///   - names: rows of token ids, `[k][length]`
    ///   - images: the embeddings of n images
    /// - Returns: text embeddings for each image, `[n, k, d]`
    func callAsFunction(_ names: [[Int]], _ images: SeenImages) throws -> Tensor

    /// The text that no image changes, where there is one.
    var text: ClassText? { get }
}

/// Text that no image changes: learned contexts, or a template. (Zhou et al. 2022; DenseCLIP section 3.3, language-domain prompting)
public final class SharedPrompts: Module, Prompting {
    private let classText: ClassText

    override public var keys: [String: String] { ["classText": ""] }

    public init(_ text: ClassText) { classText = text }

    public var text: ClassText? { classText }

    public func callAsFunction(_ names: [[Int]], _ images: SeenImages) throws -> Tensor {
        let text = try classText(names)
        return try text.expanded([images.global.size(0), text.size(1), text.size(2)])
    }
}
