import Testing

@testable import DenseKitDistributed

private let several = ["NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "a", "MASTER_PORT": "30000"]

@Test("One machine, unless arguments or variables name more; a master alone does not")
func oneMachine() throws {
    #expect(try LaunchNodes(variables: [:]) == .one)
    #expect(try LaunchNodes(variables: ["MASTER_ADDR": "a", "MASTER_PORT": "1"]) == .one)
    #expect(try LaunchNodes(count: 1, variables: several.filter { $0.key != "NODE_RANK" }) == .one)
    #expect(LaunchNodes.one.masterPort == 0)
}

@Test("Machines come from variables, and arguments go before them")
func machines() throws {
    let nodes = try LaunchNodes(variables: several)
    #expect(nodes.count == 2 && nodes.rank == 1)
    #expect(nodes.masterHost == "a" && nodes.masterPort == 30000)
    let given = try LaunchNodes(count: 3, rank: 2, master: "[::1]:29501", variables: several)
    #expect(given.count == 3 && given.rank == 2)
    #expect(given.masterHost == "::1" && given.masterPort == 29501)
    let host = try LaunchNodes(count: 2, rank: 0, master: "b", variables: several)
    #expect(host.masterHost == "b" && host.masterPort == 29500)
    let port = several.filter { $0.key != "MASTER_PORT" }
    #expect(try LaunchNodes(variables: port).masterPort == 29500)
    #expect(try LaunchNodes(variables: port.merging(["PORT": "31000"]) { $1 }).masterPort == 31000)
}

@Test("Half of what several machines need is refused")
func halfMachines() throws {
    func message(
        _ count: Int? = nil, _ rank: Int? = nil, _ master: String? = nil,
        without names: String..., changing changes: [String: String] = [:]
    ) throws -> String {
        let variables = several.filter { !names.contains($0.key) }.merging(changes) { $1 }
        let error = try #require(throws: ProcessEnvironmentError.self) {
            try LaunchNodes(count: count, rank: rank, master: master, variables: variables)
        }
        return "\(error)"
    }
    #expect(
        try message(without: "NNODES")
            == "NNODES: is not set, but NODE_RANK is. Set it, or give `LaunchNodes(count:)`.")
    #expect(
        try message(nil, 1, without: "NNODES", "NODE_RANK")
            == "NNODES: is not set, but `LaunchNodes(rank:)` is. Set it, or give `LaunchNodes(count:)`."
    )
    #expect(
        try message(without: "NODE_RANK")
            == "NODE_RANK: is not set, but there are 2 machines. Set it, or give `LaunchNodes(rank:)`."
    )
    #expect(
        try message(without: "MASTER_ADDR")
            == "MASTER_ADDR: is not set, but there are 2 machines. Set it, or give `LaunchNodes(master:)`."
    )
    #expect(
        try message(2, 2)
            == "NODE_RANK or `LaunchNodes(rank:)`: expected a number below the number of machines, which is 2, found 2; numbers begin at 0"
    )
    #expect(try message(1, 1).contains("which is 1, found 1"))
    for master in ["a:0", "a:b", ":1", "a:1:2", "a:65536", ""] {
        #expect(
            try message(2, 0, master)
                == "`LaunchNodes(master:)`: expected HOST:PORT with a port of 1…65535, found '\(master)'; name the machine with number 0 and a port that is free there"
        )
    }
    #expect(
        try message(changing: ["NNODES": "two"])
            == "NNODES: expected a number of at least 1, found 'two'; set it to the number of machines"
    )
}
