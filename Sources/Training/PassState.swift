import DenseKitComponents

/// What the passes of an iteration change before the optimizer's step, running statistics and the
/// random generators, as it was.
struct PassState {
    private let buffers: [(tensor: Tensor, value: Tensor)]
    private let random: RandomState
    private let device: Device

    /// Copies `buffers` and the states of the generators of `device`.
    init(_ buffers: [Tensor], on device: Device) throws {
        self.buffers = try withoutGrad { try buffers.map { ($0, try $0.cloned()) } }
        self.device = device
        random = try RandomState(of: device)
    }

    /// Puts them back.
    func restore() throws {
        try withoutGrad { for (tensor, value) in buffers { try tensor.copyInPlace(value) } }
        try random.restore(on: device)
    }
}
