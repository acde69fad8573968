import CLIP
import Datasets
import DenseCLIP
import DenseKit
import FCN
import FPN
import MaskRCNN
import ICPC
import LanguageGuidance
import ResNet
import RetinaNet
import SemanticFPN
import Standard
import Swin
import UPerNet
import ViT

/// The plugins that densekit comes with.
public enum BuiltIn {
    public static let plugins: [any Plugin] = [
        ResNetPlugin(), ViTPlugin(), SwinPlugin(), CLIPPlugin(), FPNPlugin(), SemanticFPNPlugin(), UPerNetPlugin(), FCNPlugin(),
        RetinaNetPlugin(), MaskRCNNPlugin(), DenseCLIPPlugin(), DatasetsPlugin(), StandardPlugin(),
        LanguageGuidancePlugin(), DenseCLIPPlugin(), DatasetsPlugin(), StandardPlugin(),
        LanguageGuidancePlugin(), DenseCLIPPlugin(), ICPCPlugin(), DatasetsPlugin(), StandardPlugin(),
    ]
}
