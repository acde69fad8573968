/// A part of a model: layers and tensors in stored properties.
///
/// The checkpoint key of a property is its name in snake_case; those that differ stand in `keys`. Layers are plain properties (one,
/// an optional, or an array); tensors are marked `@Parameter`, `@Buffer` or `@Cached`. Whatever else hides a tensor is refused by
/// `namedTensors()`.
open class Module {
    /// Whether layers behave as in training: batch statistics, dropout.
    public private(set) var isTraining = true

    public init() {}

    /// Checkpoint keys that differ from the property's name in snake_case. An empty key drops the level.
    open var keys: [String: String] { [:] }

    /// Called after the mode, the weights or the device changed, for modules that keep results which depend on them.
    open func stateDidChange() {}

    /// Switches this module and everything below to training or to inference.
    public func setTraining(_ training: Bool) throws {
        for (_, module) in try namedModules() {
            module.isTraining = training
            module.stateDidChange()
        }
    }

    /// Tells this module and everything below that weights were written.
    public func weightsDidChange() throws {
        for (_, module) in try namedModules() { module.stateDidChange() }
    }
}

extension Module {
    /// Every parameter and buffer below, under its checkpoint key, in the order of declaration.
    ///
    /// Throws `ModuleError` where a property hides a tensor or a layer, where two tensors share a key or two keys a tensor, and where a
    /// module is part of itself.
    public func namedTensors() throws -> [NamedTensor] {
        var walk = ModuleWalk()
        try walk.visit(self)
        return walk.tensors
    }

    /// This module (under an empty path) and all below, with their paths.
    public func namedModules() throws -> [(path: String, module: Module)] {
        var walk = ModuleWalk()
        try walk.visit(self)
        return walk.modules
    }

    /// The parameters below, under their checkpoint keys.
    public func namedParameters() throws -> [NamedTensor] { try namedTensors().filter { $0.kind == .parameter } }

    /// Writes every tensor's key, behind `prefix`, into the tensor, so that errors can name it.
    public func assignNames(prefix: String = "") throws {
        for entry in try namedTensors() { entry.tensor.name = prefix.isEmpty ? entry.name : prefix + "." + entry.name }
    }

    /// Moves every tensor to `device`, and tells the modules: what they keep belongs to the old one.
    public func move(to device: Device) throws {
        for entry in try namedTensors() where entry.tensor.device != device {
            try entry.tensor.setData(try entry.tensor.detached().to(device))
        }
        try weightsDidChange()
    }

    /// Stops (or resumes) the training of every parameter below.
    public func freeze(_ frozen: Bool = true) throws {
        for entry in try namedParameters() { try entry.tensor.setRequiresGrad(!frozen) }
    }
}
