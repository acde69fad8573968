import DenseKitCLIPSPVerification
import DenseKitICPCVerification
import DenseKitVerification

/// What the built-in plugins bring for `densekit verify`.
public enum BuiltInVerification {
    public static let plugins: [any VerificationPlugin] = [ICPCVerification(), CLIPSPVerification()]
}
