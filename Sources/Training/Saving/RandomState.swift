import DenseKitComponents

/// The states of the random generators that training on a device draws from: the CPU's, and on a
/// GPU that one's too, where dropout draws.
struct RandomState {
    /// Bytes, `[n]` uint8.
    let cpu: Tensor
    /// The GPU's state, bytes `[m]` uint8; nil on the CPU.
    let gpu: Tensor?

    /// - Parameters:
    ///   - cpu: what `RandomGenerator.state()` gave
    ///   - gpu: the same of a GPU's generator; nil where none was used
    init(cpu: Tensor, gpu: Tensor?) {
        self.cpu = cpu
        self.gpu = gpu
    }

    /// The states as they are.
    init(of device: Device) throws {
        cpu = try RandomGenerator.standard.state()
        gpu =
            if case .cuda = device { try RandomGenerator.standard(of: device).state() } else { nil }
    }

    /// Puts them back.
    ///
    /// - Returns: whether the device has a generator of its own whose state is not known
    @discardableResult
    func restore(on device: Device) throws -> Bool {
        try RandomGenerator.standard.setState(cpu)
        guard case .cuda = device else { return false }
        guard let gpu else { return true }
        try RandomGenerator.standard(of: device).setState(gpu)
        return false
    }
}
