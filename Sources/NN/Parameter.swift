/// What a module may store a tensor in, as the walk over a model finds it.
protocol TensorSlot {
    var kind: NamedTensor.Kind? { get }
    var tensor: Tensor? { get }
}

/// A tensor or an optional tensor: the value of a `@Parameter` or `@ModuleBuffer` property.
public protocol TensorValue {
    /// The tensor; nil where an optional holds none.
    var tensorOrNil: Tensor? { get }
}

extension Tensor: TensorValue {
    /// The tensor itself.
    public var tensorOrNil: Tensor? { self }
}

extension Optional: TensorValue where Wrapped == Tensor {
    /// The wrapped tensor; nil where there is none.
    public var tensorOrNil: Tensor? { self }
}

/// A tensor that is trained: it requires gradients, and is saved in checkpoints.
@propertyWrapper
public struct Parameter<Value: TensorValue>: TensorSlot {
    /// The tensor. A tensor that is assigned is set to require gradients.
    public var wrappedValue: Value { didSet { mark() } }

    /// Holds `wrappedValue` and sets it to require gradients. An integer tensor is refused by
    /// `Module.namedTensors()`.
    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
        mark()
    }

    var kind: NamedTensor.Kind? { .parameter }
    var tensor: Tensor? { wrappedValue.tensorOrNil }

    private func mark() {
        // Fails only for integer tensors; the walk over the model reports those with their names.
        try? wrappedValue.tensorOrNil?.setRequiresGrad(true)
    }
}

/// A tensor that is saved in checkpoints but not trained, such as running statistics.
@propertyWrapper
public struct ModuleBuffer<Value: TensorValue>: TensorSlot {
    /// The tensor.
    public var wrappedValue: Value

    /// Holds `wrappedValue` as it is.
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    var kind: NamedTensor.Kind? { .buffer }
    var tensor: Tensor? { wrappedValue.tensorOrNil }
}

/// A value that can be computed again at any time, such as a mask or weights in another form. Not
/// saved in checkpoints and not moved between devices.
@propertyWrapper
public struct CachedValue<Value>: TensorSlot {
    /// The value.
    public var wrappedValue: Value

    /// Holds `wrappedValue`.
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    var kind: NamedTensor.Kind? { nil }
    var tensor: Tensor? { nil }
}

/// A tensor of a model with its checkpoint key.
public struct NamedTensor {
    /// Whether a tensor is trained (`parameter`) or only saved (`buffer`).
    public enum Kind: Sendable {
        /// Trained.
        case parameter
        /// Saved, but not trained, such as running statistics.
        case buffer
    }

    /// The checkpoint key, such as `backbone.layer1.0.conv1.weight`.
    public let name: String
    /// Whether the tensor is trained or only saved.
    public let kind: Kind
    /// The model's own tensor, not a copy.
    public let tensor: Tensor
}
