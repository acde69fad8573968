import DenseKit
import DenseKitCommandLine
import StreetKit

/// `street train street.yaml`, `street infer …`: every command of densekit, with this package's
/// components.
enum Street: PluginList {
    static let name = "street"
    static let plugins: [any Plugin] = BuiltIn.plugins + [StreetPlugin()]
}

Densekit<Street>.start()
