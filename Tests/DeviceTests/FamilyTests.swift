import DenseKitCore
import Foundation
import TemporaryFolders
import TestDevice
import Testing

/// Every family on the device: what a GPU would refuse fails here. Each in a process of its own,
/// since the device must be there before the first backward pass.
@Suite("Families on the test device", .serialized) struct FamilyTests {
    @Test(
        "Trains, validates, saves, resumes and infers there, with the CPU's numbers",
        arguments: Family.walked)
    func runs(_ family: Family) async {
        await #expect(processExitsWith: .success) { [name = family.name as String] in
            try onTestDevice { device in
                let family = Family.named(name)
                let folder = try TemporaryFolder()
                let expected = try FamilyRun(family, on: .cpu, in: folder.subfolder("cpu"))
                let found = try FamilyRun(family, on: device, in: folder.subfolder("device"))
                #expect(found.lines.count == 3 && expected.lines.count == 3)
                // Where the CPU has a kernel of ours, such as that of batch norm, sums are in
                // another order: the rest is equal to the bit.
                for (a, b) in zip(found.lines, expected.lines) {
                    #expect(a.distance(from: b) < 2e-3, "\(a.pairs)\n\(b.pairs)")
                }
                #expect(found.resumed.pairs == found.lines[2].pairs)
                #expect(abs(found.score - expected.score) < 0.5)
                let share = found.prediction.agreement(with: found.predictionOnCPU)
                #expect(share > 0.99, "\(share)")
            }
        }
    }

    @Test(
        "A step copies little and waits seldom, logged or not, and so does the prediction of an image",
        arguments: Family.walked)
    func exchanges(_ family: Family) async {
        await #expect(processExitsWith: .success) { [name = family.name as String] in
            try onTestDevice { device in
                let family = Family.named(name)
                let folder = try TemporaryFolder()
                let found = try FamilyRun.transfers(
                    family, on: device, in: folder.subfolder("run"))
                for transfers in [found.logged, found.other] {
                    #expect(transfers.toDevice <= family.limit.copies, "\(transfers)")
                    #expect(transfers.waiting <= family.limit.waits, "\(transfers)")
                    // A step that computes elsewhere would exchange nothing.
                    #expect(transfers.toDevice >= 2 && transfers.waiting >= 2)
                }
                let image = found.image
                #expect(image.toDevice <= family.imageLimit.copies, "\(image)")
                #expect(image.waiting <= family.imageLimit.waits, "\(image)")
                #expect(image.toDevice >= 1 && image.waiting >= 1)
            }
        }
    }
}

/// Runs `body` in a process that has the device; what it throws is an issue of the test, with its
/// text.
func onTestDevice(_ body: (Device) throws -> Void) throws {
    let device = try TestDevice.install()
    do { try body(device) } catch { Issue.record("\(error)") }
}

extension TemporaryFolder {
    /// The path of a folder in it, which is made.
    func subfolder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: file(name), withIntermediateDirectories: true)
        return file(name)
    }
}
