import DenseKitCLIP
import DenseKitCLIPSP
import DenseKitCore
import DenseKitDatasets
import DenseKitDenseCLIP
import DenseKitFCN
import DenseKitFPN
import DenseKitICPC
import DenseKitLanguageGuidance
import DenseKitMaskRCNN
import DenseKitResNet
import DenseKitRetinaNet
import DenseKitSemanticFPN
import DenseKitStandard
import DenseKitSwin
import DenseKitUPerNet
import DenseKitViT

/// The plugins that DenseKit comes with.
public enum BuiltIn {
    /// All built-in backbones, necks, prompters, heads, data sets, losses, transforms, optimizers
    /// and schedules, to register in a `Registry`.
    public static let plugins: [any Plugin] = [
        ResNetPlugin(), ViTPlugin(), SwinPlugin(), CLIPPlugin(), FPNPlugin(), SemanticFPNPlugin(),
        UPerNetPlugin(), FCNPlugin(),
        RetinaNetPlugin(), MaskRCNNPlugin(), LanguageGuidancePlugin(), DenseCLIPPlugin(),
        ICPCPlugin(), CLIPSPPlugin(),
        DatasetsPlugin(), StandardPlugin(),
    ]
}
