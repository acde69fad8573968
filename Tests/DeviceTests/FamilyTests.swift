import DenseKitCore
import Foundation
import TemporaryFolders
import TestDevice
import Testing

/// Every family on the device: what a GPU would refuse fails here. Each in a process of its own,
/// since the device must be there before the first backward pass.
@Suite("Families on the test device", .serialized) struct FamilyTests {
    @Test(
        "Trains, validates, saves, resumes and infers, with the CPU's numbers",
        arguments: Family.all)
    func runs(_ family: Family) async {
        await #expect(processExitsWith: .success) { [name = family.name as String] in
            let family = Family.named(name)
            let device = try TestDevice.install()
            let folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: folder.file("cpu"), withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                atPath: folder.file("device"), withIntermediateDirectories: true)
            let expected = try FamilyRun(family, on: .cpu, in: folder.file("cpu"))
            let found = try FamilyRun(family, on: device, in: folder.file("device"))
            #expect(found.lines.count == 3)
            for (a, b) in zip(found.lines, expected.lines) {
                print("DIST \(name): \(a.distance(from: b))")
                #expect(a.distance(from: b) < 1e-3, "\(a.pairs)\n\(b.pairs)")
            }
            #expect(found.resumed.pairs == found.lines[2].pairs)
            print("SCORE \(name): \(found.score) \(expected.score)")
        }
    }
}
