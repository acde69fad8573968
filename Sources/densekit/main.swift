import DenseKit
import DenseKitBuiltInVerification
import DenseKitCommandLine
import DenseKitVerification

/// The plugins of this executable. Link your own by adding them here.
enum Plugins: PluginList {
    static let plugins: [any Plugin] = BuiltIn.plugins
    static let verification: [any VerificationPlugin] = BuiltInVerification.plugins
}

Densekit<Plugins>.start()
