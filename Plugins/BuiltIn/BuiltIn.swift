import CLIP
import Datasets
import DenseCLIP
import DenseKit
import FPN
import ResNet
import SemanticFPN
import Standard

/// The plugins that densekit comes with.
public enum BuiltIn {
    public static let plugins: [any Plugin] = [
        ResNetPlugin(), CLIPPlugin(), FPNPlugin(), SemanticFPNPlugin(), DenseCLIPPlugin(), DatasetsPlugin(), StandardPlugin(),
    ]
}
