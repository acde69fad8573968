import CDenseKitTorch
import DenseKitErrors

/// A failed operation of the engine: its name, the shapes of its operands, the model's weight
/// involved, and the reason.
public struct TorchError: DenseKitError {
    /// Name of the operation, such as `conv2d`.
    public let operation: String
    /// The operands in order, as `name [shape]` or `[shape]`.
    public let operands: [String]
    /// Module path of the first operand that is a weight of a model, such as
    /// `backbone.layer1.0.conv1.weight`; nil where none is.
    public let path: String?
    /// The engine's own message.
    public let message: String

    init(operation: String, operands: [Tensor?], message: String) {
        self.operation = operation
        self.operands = operands.compactMap { $0 }.map {
            ($0.name.map { $0 + " " } ?? "") + "\($0.shape)"
        }
        path = operands.lazy.compactMap { $0?.name }.first
        self.message = message
    }

    /// `conv2d at backbone.layer1.0.conv1.weight`.
    public var place: String? { operation + (path.map { " at \($0)" } ?? "") }
    public var problem: String {
        message + (operands.isEmpty ? "" : " (operands: \(operands.joined(separator: ", ")))")
    }
    public var origin: ErrorOrigin { .program }
}

/// Turns a status into an error.
@inline(__always)
func check(
    _ operation: StaticString, _ a: Tensor? = nil, _ b: Tensor? = nil, _ c: Tensor? = nil,
    _ status: () -> Int32
) throws {
    guard status() == 0 else { throw failure(operation, [a, b, c]) }
}

/// Runs an operation with one result. The operands are passed so that they live through the call
/// and can be named in an error.
@inline(__always)
func make(
    _ operation: StaticString, _ a: Tensor? = nil, _ b: Tensor? = nil, _ c: Tensor? = nil,
    _ body: (UnsafeMutablePointer<ct_tensor?>) -> Int32
) throws -> Tensor {
    var result: ct_tensor?
    guard body(&result) == 0, let result else { throw failure(operation, [a, b, c]) }
    return Tensor(owning: result)
}

/// The same for an operation that returns elements and their indices.
@inline(__always)
func makePair(
    _ operation: StaticString, _ a: Tensor,
    _ body: (UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>) -> Int32
) throws -> (values: Tensor, indices: Tensor) {
    var (values, indices): (ct_tensor?, ct_tensor?)
    guard body(&values, &indices) == 0, let values, let indices else {
        throw failure(operation, [a])
    }
    return (Tensor(owning: values), Tensor(owning: indices))
}

@inline(never)
func failure(_ operation: StaticString, _ operands: [Tensor?]) -> TorchError {
    TorchError(
        operation: "\(operation)", operands: operands, message: String(cString: ct_last_error()))
}
