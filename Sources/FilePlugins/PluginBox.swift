import DenseKitComponents

/// Carries a plugin over the C entry point of its library.
public final class PluginBox {
    private let plugin: any Plugin

    private init(_ plugin: any Plugin) { self.plugin = plugin }

    public static func retained(_ plugin: any Plugin) -> UnsafeMutableRawPointer {
        Unmanaged.passRetained(PluginBox(plugin)).toOpaque()
    }

    static func taken(_ pointer: UnsafeMutableRawPointer) -> any Plugin {
        Unmanaged<PluginBox>.fromOpaque(pointer).takeRetainedValue().plugin
    }
}
