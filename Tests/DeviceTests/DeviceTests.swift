import CDenseKitTorch
import DenseKitCore
import Foundation
import TestDevice
import Testing

@testable import DenseKitTorch

/// The device itself: what the other tests rely on.
@Suite("Test device", .serialized) struct TestDeviceTests {
    @Test("Refuses an operation whose tensors are not all on it, but for single numbers of the CPU")
    func mixedOperands() async {
        await #expect(processExitsWith: .success) {
            let device = try TestDevice.install()
            let here = try Tensor.ones([2, 2], device: device)
            let there = try Tensor.ones([2, 2])
            let operations: [(String, () throws -> Tensor)] = [
                ("add", { try here + there }), ("matmul", { try there.matmul(here) }),
                ("cat", { try Tensor.cat([here, there], dim: 0) }),
                ("index", { try here.indexed(0, Tensor.from([0] as [Int64])) }),
            ]
            for (name, operation) in operations {
                let error = #expect(throws: TorchError.self, "\(name)") { _ = try operation() }
                let text = "\(try #require(error))"
                #expect(text.contains("expected all tensors to be on"), "\(text)")
            }
            #expect(try (here * Tensor.full([], 3)).floats() == [3, 3, 3, 3])
            #expect((try here + 1).device == device)
            #expect("\(here)" == "Tensor[2, 2] float32 privateuse1")
        }
    }

    @Test("Counts copies in both directions, numbers read and operations that wait")
    func counts() async {
        await #expect(processExitsWith: .success) {
            let device = try TestDevice.install()
            let transfers = try TestDevice.transfers {
                let x = try Tensor.from([0, 1, 2] as [Float]).to(device)
                _ = try x.floats()
                _ = try x.sum().item()
                _ = try x.isGreater(than: 0).nonzero()
                _ = try (x * 2).relu()
            }
            #expect(
                "\(transfers)" == "1 to the device, 1 to the host, 1 scalars, 1 nonzero",
                "\(transfers)")
            #expect(transfers.waiting == 3)
        }
    }

    @Test("A read of its memory by the host ends the process")
    func hostReads() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(97), observing: [\.standardErrorContent]
        ) {
            let device = try TestDevice.install()
            let x = try Tensor.ones([4], device: device)
            try TestDevice.readMemory(x.handle)
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("the host read or wrote memory of the test device"), "\(said)")
    }

    @Test("The memory of a tensor elsewhere is refused by name")
    func bytes() async {
        await #expect(processExitsWith: .success) {
            let device = try TestDevice.install()
            let x = try Tensor.ones([4], device: device)
            let error = #expect(throws: TorchError.self) { try x.withUnsafeBytes { _ in } }
            #expect("\(try #require(error))".contains("found one on privateuse1"))
        }
    }

    @Test("An operation's gradient on it is the CPU's to the bit")
    func gradients() async {
        await #expect(processExitsWith: .success) {
            let device = try TestDevice.install()
            func gradient(on device: Device) throws -> [Float] {
                try RandomGenerator.seed(3)
                let x = try Tensor.randomNormal([2, 3, 8, 8]).to(device)
                let weight = try Tensor.randomNormal([4, 3, 3, 3]).to(device)
                try weight.setRequiresGrad(true)
                try x.conv2d(weight, nil, padding: 1).gelu().softmax(1).log().sum().backward()
                return try #require(weight.grad).floats()
            }
            #expect(try gradient(on: device) == gradient(on: .cpu))
        }
    }
}

@Suite("Devices") struct DeviceNameTests {
    @Test("A device has a name that it is read from", arguments: ["cpu", "cuda:0", "privateuse1"])
    func names(_ name: String) throws {
        #expect("\(try #require(Device(name)))" == name)
    }

    @Test("A number that the C layer does not know is an error, not the CPU")
    func unknown() throws {
        #expect(Device(type: 9, index: 0) == nil)
        var made: ct_tensor?
        #expect(ct_empty([2], 1, DType.float32.rawValue, 9, 0, Int32(CT_CONTIGUOUS), &made) == 1)
        let text = String(cString: ct_last_error())
        #expect(text.contains("expected a device of the numbers of ct.h, found 9"), "\(text)")
    }
}
