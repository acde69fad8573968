/// What a module may keep a tensor in, as the walk over a model sees it.
protocol TensorSlot {
    var kind: NamedTensor.Kind? { get }
    var tensor: Tensor? { get }
}

/// A tensor or an optional tensor: what the wrappers below hold.
public protocol TensorValue {
    var tensorOrNil: Tensor? { get }
}

extension Tensor: TensorValue {
    public var tensorOrNil: Tensor? { self }
}

extension Optional: TensorValue where Wrapped == Tensor {
    public var tensorOrNil: Tensor? { self }
}

/// A tensor that training changes. Saved in checkpoints.
@propertyWrapper
public struct Parameter<Value: TensorValue>: TensorSlot {
    public var wrappedValue: Value { didSet { mark() } }

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

/// A tensor that belongs to the model's state but not to the optimizer: running statistics. Saved in checkpoints.
@propertyWrapper
public struct Buffer<Value: TensorValue>: TensorSlot {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    var kind: NamedTensor.Kind? { .buffer }
    var tensor: Tensor? { wrappedValue.tensorOrNil }
}

/// What can be computed again at any time: a mask, a result or weights in another form, kept between calls. Not saved.
@propertyWrapper
public struct Cached<Value>: TensorSlot {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    var kind: NamedTensor.Kind? { nil }
    var tensor: Tensor? { nil }
}

/// A tensor of a model under its checkpoint key.
public struct NamedTensor {
    public enum Kind: Sendable { case parameter, buffer }

    public let name: String
    public let kind: Kind
    public let tensor: Tensor
}
