import CLIP
import CLIPSP
import Datasets
import DenseCLIP
import DenseKit
import FCN
import FPN
import ICPC
import LanguageGuidance
import MaskRCNN
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
        RetinaNetPlugin(), MaskRCNNPlugin(), LanguageGuidancePlugin(), DenseCLIPPlugin(), ICPCPlugin(), CLIPSPPlugin(),
        DatasetsPlugin(), StandardPlugin(),
    ]
}
