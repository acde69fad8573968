import DenseKitCLIPSPVerification
import DenseKitICPCVerification
import DenseKitVerification

/// The procedures of the built-in plugins for `densekit verify`, which replays golden cases.
public enum BuiltInVerification {
    /// The golden procedures of ICPC and of CLIP-SP.
    public static let plugins: [any VerificationPlugin] = [
        ICPCVerification(), CLIPSPVerification(),
    ]
}
