import DenseKitTorch
import Testing

@testable import DenseKitDistributed

@Suite struct OwnAddressTests {
    private func address(_ host: String, _ isAmongMachines: Bool, _ interface: String? = nil) throws
        -> String?
    {
        let variables = interface.map { ["GLOO_SOCKET_IFNAME": $0] } ?? [:]
        return try OwnAddress.choose(
            towards: host, isAmongMachines: isAmongMachines, variables: variables)
    }

    @Test func processesOfOneMachineMeetThere() throws {
        #expect(try address("127.0.0.1", false) == "127.0.0.1")
        #expect(try address("127.0.0.1", false, "lo") == "127.0.0.1")
    }

    @Test func anInterfaceThatIsNotThereIsNamed() {
        #expect {
            try address("127.0.0.1", true, "eth77")
        } throws: { error in
            let text = "\(error)"
            return text.hasPrefix("GLOO_SOCKET_IFNAME names 'eth77', and the interfaces with")
                && text.contains("lo")
        }
    }
}
