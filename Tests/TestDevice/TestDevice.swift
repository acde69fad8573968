import CTestDevice
import DenseKitTorch

/// A second device without a GPU: libtorch's key PrivateUse1, computed on the CPU.
///
/// It has memory of its own, which the host cannot read; an operation whose tensors are not all on
/// it throws, but for single numbers of the CPU. So code that would fail on a GPU fails here.
/// Its results are the CPU's, and it counts what a GPU would have to wait for.
///
///     await #expect(processExitsWith: .success) {
///         let device = try TestDevice.install()
///         try model.move(to: device)
///         let transfers = try TestDevice.transfers { try step() }
///         #expect(transfers.toHost == 0)
///     }
public enum TestDevice {
    /// Registers the device. Autograd counts the devices of a process once: install it before the
    /// first backward pass, which is to say in a process of its own.
    ///
    /// - Returns: `.privateUse1`
    public static func install() throws -> Device {
        guard td_install() == 0 else {
            throw TestDeviceError(description: String(cString: td_last_error()))
        }
        return .privateUse1
    }

    /// What the host and the device exchange while `body` runs, in all threads.
    public static func transfers(_ body: () throws -> Void) rethrows -> Transfers {
        td_reset()
        try body()
        return takeTransfers()
    }

    /// What was exchanged since the last call, or since the start of the process; counting starts
    /// anew.
    public static func takeTransfers() -> Transfers {
        defer { td_reset() }
        return Transfers()
    }

    /// Whether each exchange writes its stack to stderr, to find its cause.
    public static func trace(_ isOn: Bool) { td_trace(isOn) }

    /// Reads a byte of the tensor of this handle as C code would that takes it for one of the CPU.
    ///
    /// - Parameter handle: of CTorch
    public static func readMemory(_ handle: OpaquePointer) throws {
        guard td_read_memory(UnsafeRawPointer(handle)) == 0 else {
            throw TestDeviceError(description: String(cString: td_last_error()))
        }
    }
}

/// What host and device exchanged.
public struct Transfers: Equatable, CustomStringConvertible {
    /// Tensors that were copied to the device.
    public let toDevice: Int
    /// Tensors that were copied to the host.
    public let toHost: Int
    /// Single numbers that were read by the host, as `item` does.
    public let scalars: Int
    /// Operations that make a GPU's host wait, since only their result says how large it is, by
    /// the engine's name: `nonzero`, `index` with a mask, and the like.
    public let waits: [String: Int]

    init() {
        toDevice = Int(td_count(Int32(TD_TO_DEVICE)))
        toHost = Int(td_count(Int32(TD_TO_HOST)))
        scalars = Int(td_count(Int32(TD_SCALARS)))
        let lines = String(cString: td_synchronisations()).split(separator: "\n")
        waits = Dictionary(
            lines.map { line in
                let words = line.split(separator: " ")
                return (String(words[0]), Int(words[1]) ?? 0)
            }, uniquingKeysWith: +)
    }

    /// How often the host waits for the device.
    public var waiting: Int { toHost + scalars + waits.values.reduce(0, +) }

    /// `3 to the device, 1 to the host, 2 scalars, 1 nonzero`
    public var description: String {
        let names = waits.sorted { $0.key < $1.key }.map { ", \($0.value) \($0.key)" }.joined()
        return "\(toDevice) to the device, \(toHost) to the host, \(scalars) scalars" + names
    }
}

/// The engine's sentence where the device cannot be installed.
public struct TestDeviceError: Error, CustomStringConvertible {
    /// What the engine says.
    public let description: String
}
