import DenseKitCore

/// A way to make the text embeddings of the classes.
///
/// The keys of its parts have no prefix in a checkpoint: `text_encoder.*`, `contexts`,
/// `projector.*`, …
public protocol Prompting: Module {
    /// The text embeddings of the classes for each image.
    ///
    /// - Parameters:
    ///   - names: rows of token ids, `[k][length]`
    ///   - images: the embeddings of n images
    /// - Returns: `[n, k, d]`
    func callAsFunction(_ names: [[Int]], _ images: ImageEmbeddings) throws -> Tensor

    /// The part of the text that no image changes; nil where every image has its own text.
    var text: ClassText? { get }
}

/// Prompting that no image changes: all images have the text embeddings of learned contexts or of a
/// template. (Zhou et al. 2022; DenseCLIP section 3.3, language-domain prompting)
public final class SharedPrompts: Module, Prompting {
    private let classText: ClassText

    override public var keys: [String: String] { ["classText": ""] }

    /// Prompting whose text embeddings are `text` for every image.
    public init(_ text: ClassText) { classText = text }

    /// The text embeddings that all images share.
    public var text: ClassText? { classText }

    /// Token ids `[k][length]` and n images → text embeddings `[n, k, d]`, equal for all images.
    public func callAsFunction(_ names: [[Int]], _ images: ImageEmbeddings) throws -> Tensor {
        let text = try classText(names)
        return try text.expanded([images.global.size(0), text.size(1), text.size(2)])
    }
}
