import ArgumentParser
import Testing

@testable import DenseKitCommandLine

/// A backend from outside is for programs that load one; the commands load none.
@Test(
    "The device of a backend that no command loads is refused as an unknown one is",
    arguments: ["privateuse1", "tpu"])
func otherDevices(_ name: String) throws {
    let options = try ComputeOptions.parse(["--device", name])
    let error = try #require(throws: ValidationError.self) { try options.start() }
    #expect(
        ComputeOptions.message(for: error) == "--device '\(name)' is none of cpu, cuda, cuda:N")
}
