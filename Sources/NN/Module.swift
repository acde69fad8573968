/// A part of a model: layers and tensors in stored properties.
///
/// The checkpoint key of a property is its name in snake_case unless `keys` gives another. Layers
/// are plain properties (one, an optional, or an array); tensors are marked `@Parameter`,
/// `@ModuleBuffer` or `@CachedValue`. `namedTensors()` refuses any other property that holds a
/// tensor.
open class Module {
    /// Whether layers behave as in training (batch statistics, dropout); true for a new module.
    public private(set) var isTraining = true

    /// An empty module, for subclasses.
    public init() {}

    /// Checkpoint keys of the properties whose key is not their name in snake_case, by property
    /// name. An empty key adds no level to the path.
    open var keys: [String: String] { [:] }

    /// Called after the mode, the weights or the device changed. Override it in a module that
    /// caches results which depend on them.
    open func stateDidChange() {}

    /// Switches this module and all modules below to training or to inference.
    ///
    /// - Throws: `ModuleError` where the walk over the modules fails, as in `namedTensors()`.
    public func setTraining(_ training: Bool) throws {
        for (_, module) in try namedModules() {
            module.isTraining = training
            module.stateDidChange()
        }
    }

    /// Calls `stateDidChange()` on this module and all modules below. Call it after weights were
    /// written in place.
    public func weightsDidChange() throws {
        for (_, module) in try namedModules() { module.stateDidChange() }
    }
}

extension Module {
    /// All parameters and buffers of this module and those below, with their checkpoint keys, in
    /// the order of declaration.
    ///
    /// - Throws: `ModuleError` where a property hides a tensor or a layer, where two tensors share
    ///   a key or two keys a tensor, and where a module contains itself.
    public func namedTensors() throws -> [NamedTensor] {
        var walk = ModuleWalk()
        try walk.visit(self)
        return walk.tensors
    }

    /// This module (with an empty path) and all modules below, with their paths.
    ///
    /// - Throws: `ModuleError` for what `namedTensors()` refuses.
    public func namedModules() throws -> [(path: String, module: Module)] {
        var walk = ModuleWalk()
        try walk.visit(self)
        return walk.modules
    }

    /// All parameters, without buffers, of this module and those below, with their checkpoint keys.
    ///
    /// - Throws: `ModuleError` for what `namedTensors()` refuses.
    public func namedParameters() throws -> [NamedTensor] {
        try namedTensors().filter { $0.kind == .parameter }
    }

    /// Sets the `name` of every tensor to its checkpoint key behind `prefix`, so that errors can
    /// name it.
    public func assignNames(prefix: String = "") throws {
        for entry in try namedTensors() {
            entry.tensor.name = prefix.isEmpty ? entry.name : prefix + "." + entry.name
        }
    }

    /// Moves all parameters and buffers to `device`, and calls `weightsDidChange()` so that cached
    /// results are dropped.
    public func move(to device: Device) throws {
        for entry in try namedTensors() where entry.tensor.device != device {
            try entry.tensor.setData(entry.tensor.detached().to(device))
        }
        try weightsDidChange()
    }

    /// Excludes all parameters below from training (`true`) or includes them again (`false`), by
    /// `requiresGrad`.
    public func freeze(_ frozen: Bool = true) throws {
        for entry in try namedParameters() { try entry.tensor.setRequiresGrad(!frozen) }
    }
}
