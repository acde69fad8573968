import DenseKitComponents

/// What the passes of an iteration change before the optimizer's step, running statistics and the
/// random generator, as it was.
struct PassState {
    private let buffers: [(tensor: Tensor, value: Tensor)]
    private let generator: Tensor

    /// Copies `buffers` and the generator's state.
    init(_ buffers: [Tensor]) throws {
        self.buffers = try withoutGrad { try buffers.map { ($0, try $0.cloned()) } }
        generator = try RandomGenerator.standard.state()
    }

    /// Puts them back.
    func restore() throws {
        try withoutGrad { for (tensor, value) in buffers { try tensor.copyInPlace(value) } }
        try RandomGenerator.standard.setState(generator)
    }
}
