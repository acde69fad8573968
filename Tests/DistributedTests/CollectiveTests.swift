import DenseKitDistributed
import DenseKitTorch
import SeveralProcesses
import Testing

@Suite struct CollectiveTests {
    @Test(arguments: [2, 3, 4])
    func sumsAndMinimaAreTheSameOnAllProcesses(count: Int) throws {
        let results = try withProcesses(count) { processes in
            let rank = Double(processes.rank)
            return [
                try processes.sum([1, rank]), try processes.minimum([rank, -rank]),
                try processes.sum([1 << 40, processes.rank]).map(Double.init),
            ]
        }
        let last = Double(count - 1)
        let total = last * Double(count) / 2
        for result in results {
            #expect(result[0] == [Double(count), total])
            #expect(result[1] == [0, -last])
            #expect(result[2] == [Double(count << 40), total])
        }
    }

    @Test func textsOfDifferentLengthsAreGatheredInOrder() throws {
        let results = try withProcesses(3) { processes in
            try processes.gather(String(repeating: "ä", count: processes.rank * 100))
        }
        let expected = [0, 100, 200].map { String(repeating: "ä", count: $0) }
        for result in results { #expect(result == expected) }
    }

    @Test func theTextOfTheFirstProcessReachesAll() throws {
        let results = try withProcesses(3) { processes in
            try processes.ofFirst(processes.isFirst ? "work_dirs/a" : "another")
        }
        #expect(results == ["work_dirs/a", "work_dirs/a", "work_dirs/a"])
    }

    @Test func whatFailsOnTheFirstProcessIsThrownOnAll() throws {
        let results = try withProcesses(3) { processes in
            do {
                try processes.onFirst { throw ProcessGroupError("the disk is full") }
                return "nothing"
            } catch {
                return "\(error)"
            }
        }
        #expect(results[0] == "the disk is full")
        #expect(results[1] == "process 0 failed: the disk is full")
        #expect(results[2] == results[1])
    }

    @Test func aSingleProcessNeedsNoOthers() throws {
        let alone = Processes.alone
        #expect(try alone.sum([1.5]) == [1.5])
        #expect(try alone.gather("a") == ["a"])
        #expect(try alone.ofFirst("b") == "b")
        #expect(try alone.onFirst { 3 } == 3)
        try alone.barrier()
    }

    @Test func partsOfATensorAreExchangedAndNothingElse() throws {
        let results = try withProcesses(2) { processes in
            let whole = try Tensor.zeros([2, 4])
            let part = try whole.narrowed(1, 0, 2)
            try part.addInPlace(Double(processes.rank + 1))
            try processes.group!.allReduce(part)
            return try whole.floats()
        }
        #expect(results == [[3, 3, 0, 0, 3, 3, 0, 0], [3, 3, 0, 0, 3, 3, 0, 0]])
    }
}
