import CLIP
import Datasets
import DenseCLIP
import DenseKit
import FPN
import ResNet
import SemanticFPN
import Standard
import ViT

/// The plugins that densekit comes with.
public enum BuiltIn {
    public static let plugins: [any Plugin] = [
        ResNetPlugin(), ViTPlugin(), CLIPPlugin(), FPNPlugin(), SemanticFPNPlugin(), DenseCLIPPlugin(), DatasetsPlugin(),
        StandardPlugin(),
    ]
}
