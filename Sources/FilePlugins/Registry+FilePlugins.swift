import DenseKitComponents

extension Registry {
    /// This registry with the plugins of the given files.
    ///
    /// Throws `FilePluginError` and `RegistryError`.
    public func loading(_ files: [LocatedValue<String>]) throws -> Registry {
        var registry = self
        for file in files {
            try registry.install(FilePlugin.load(file.resolved, namedAt: file.location))
        }
        return registry
    }
}
