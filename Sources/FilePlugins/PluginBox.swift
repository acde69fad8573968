import DenseKitComponents

/// Carries a plugin through the C entry point of its library. Used by the code that is compiled
/// with a plugin file.
public final class PluginBox {
    private let plugin: any Plugin

    private init(_ plugin: any Plugin) { self.plugin = plugin }

    /// A pointer to a box with `plugin`, retained once; the host that loads the library takes it
    /// over.
    public static func retained(_ plugin: any Plugin) -> UnsafeMutableRawPointer {
        Unmanaged.passRetained(PluginBox(plugin)).toOpaque()
    }

    static func taken(_ pointer: UnsafeMutableRawPointer) -> any Plugin {
        Unmanaged<PluginBox>.fromOpaque(pointer).takeRetainedValue().plugin
    }
}
