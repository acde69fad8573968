import DenseKitCommandLine
import DenseKit

/// The plugins of this executable. Link your own by adding them here.
enum Plugins: PluginList {
    static let plugins: [any Plugin] = BuiltIn.plugins
}

Densekit<Plugins>.start()
