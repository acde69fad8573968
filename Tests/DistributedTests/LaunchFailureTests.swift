import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitDistributed

private func failure(
    _ rank: Int, _ end: ProcessEnd, after seconds: Double = 0, _ error: String? = nil,
    log: String? = nil, isEndedByLauncher: Bool = false
) -> RankFailure {
    RankFailure(
        host: "node1", rank: rank, localRank: rank % 4, process: 4000 + Int32(rank), end: end,
        time: Date(timeIntervalSince1970: 1_800_000_000 + seconds), error: error, log: log,
        isEndedByLauncher: isEndedByLauncher)
}

@Test("The block names host, rank, process, end, time and error of the cause, and what followed")
func block() throws {
    let text =
        "\(LaunchFailure(cause: failure(5, .exit(1), "a.png: no such file\nchoose another", log: "w/rank_5.log"), others: [failure(4, .exit(1), after: 0.31, "connection closed\nmore"), failure(6, .signal(SIGABRT), after: 1), failure(7, .signal(SIGKILL), after: 30, isEndedByLauncher: true)], worldSize: 8, restarts: 1))"
    let time = try #require(text.firstMatch(of: /\n  time      (.*)\n/)).1
    #expect(time.wholeMatch(of: /2027-01-1\d \d\d:\d\d:00\.000/) != nil)
    #expect(
        text.replacing(time, with: "T") == """
            rank 5 of 8 failed first after 1 restart
              host      node1
              rank      5 (local rank 1)
              process   4005
              ended by  exit code 1
              time      T
              log       w/rank_5.log
              error     a.png: no such file
                        choose another
              then      rank 4: exit code 1: connection closed, 0.3 s later
              then      rank 6: signal 6 (SIGABRT), 1.0 s later
              then      rank 7: did not end by itself, ended by the launcher (signal 9 (SIGKILL))
            """)
}

@Test("A killed process comes with the usual reason, and with the exit code of shells")
func killedText() {
    let killed = LaunchFailure(
        cause: failure(0, .signal(SIGKILL)), others: [], worldSize: 2, restarts: 0)
    #expect(killed.exitCode == 137 && killed.origin == .environment)
    #expect(
        "\(killed)".hasSuffix(
            "\nThe system kills processes where memory is short; its log says so (dmesg)."))
    #expect(!killed.problem.contains("error") && !killed.problem.contains("log "))
}

@Test("A failure is the same after it was written and read")
func codable() throws {
    let one = failure(1, .signal(SIGSEGV), "e", log: "l")
    #expect(try JSONDecoder().decode(RankFailure.self, from: JSONEncoder().encode(one)) == one)
}

@Test("The error file has torchrun's form; the first error stays")
func errorFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("error.json")
    ErrorFile.write("no file is asked for", variables: [:])
    for name in ["TORCHELASTIC_ERROR_FILE", "DENSEKIT_ERROR_FILE"] {
        try? FileManager.default.removeItem(atPath: path)
        ErrorFile.write("first\nline", variables: [name: path])
        ErrorFile.write("second", variables: [name: path])
        let data = try #require(FileManager.default.contents(atPath: path))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let message = try #require(json["message"] as? [String: Any])
        let more = try #require(message["extraInfo"] as? [String: String])
        #expect(message["message"] as? String == "first\nline")
        #expect(more["timestamp"].flatMap { Int($0) } != nil)
        let read = try #require(ErrorFile(path: path))
        #expect(read.text == "first\nline")
        #expect(try abs(#require(read.time).timeIntervalSinceNow) < 3600)
    }
    #expect(ErrorFile(path: folder.file("none")) == nil)
    #expect(ErrorFile(path: try folder.write("torn", Array("{".utf8))) == nil)
}
