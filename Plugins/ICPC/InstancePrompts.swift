import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// Prompts with a context of the image's own, I = f_P(g): the text encoder runs for every image.
/// (Eq. 2 and 3, Figure 3)
///
/// The tokens before the first one that an image changes are computed once for all images, and
/// what all names of an image share once for each image. Both are exact: under the causal mask no
/// token attends to a later one.
final class InstancePrompts: Module, Prompting {
    let textEncoder: CLIPTextContextEncoder
    @Parameter var contexts: Tensor?  // V: [1, contexts, text width]
    let projector: Projector
    let prompting: InstancePrompting

    /// Contexts start as DenseCLIP's do: a normal distribution of std 1, cut at 2.
    init(
        _ prompting: InstancePrompting, _ encoder: CLIPTextEncoder.Configuration,
        contexts count: Int, projectorHidden: Int?,
        _ context: BuildContext
    ) throws {
        textEncoder = try SettingError.within("text_encoder", namesKey: false) {
            try CLIPTextContextEncoder(encoder, context)
        }
        contexts =
            prompting == .instance
            ? nil : try Tensor.empty([1, count, encoder.width]).truncatedNormalInPlace()
        projector = try Projector(encoder.outputDim, hidden: projectorHidden, encoder.width)
        self.prompting = prompting
    }

    var text: ClassText? { nil }

    func callAsFunction(_ names: [[Int]], _ images: ImageEmbeddings) throws -> Tensor {
        try text(names, projector(images.global), prompting)
    }

    /// - Parameter instance: I, `[n, text width]`
    func text(_ names: [[Int]], _ instance: Tensor, _ prompting: InstancePrompting) throws -> Tensor
    {
        let own = try instance.unsqueezed(1)  // [n, 1, text width]
        guard let contexts else { return try textEncoder(names, contexts: own) }
        let instance = try own.to(contexts.dtype)
        return switch prompting {
        case .icpc: try textEncoder(names, shared: contexts, own: instance)
        case .cocoop: try textEncoder(names, contexts: contexts + instance)
        case .instance: try textEncoder(names, contexts: instance)
        case .coop: try textEncoder(names, contexts: contexts)
        case .template: try textEncoder(names).unsqueezed(0)
        }
    }
}

/// f_P: a global image embedding to a context of the text encoder, by two linear layers with ReLU
/// between. `[n, d] → [n, width]` (Eq. 3; activation and width between are those of CoCoOp's
/// meta-net, Zhou et al. 2022)
final class Projector: Module {
    let linear1: Linear
    let linear2: Linear

    init(_ channels: Int, hidden: Int?, _ output: Int) throws {
        let hidden = hidden ?? max(1, channels / 16)
        linear1 = try Linear(channels, hidden)
        linear2 = try Linear(hidden, output)
        super.init()
        for layer in [linear1, linear2] {
            try layer.weight.truncatedNormalInPlace(std: 0.02)
            try withoutGrad { _ = try layer.bias?.fillInPlace(0) }
        }
    }

    func callAsFunction(_ global: Tensor) throws -> Tensor { try linear2(linear1(global).relu()) }
}
