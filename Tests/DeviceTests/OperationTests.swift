import DenseKitCore
import TestDevice
import Testing

@testable import DenseKitCLIPSP

/// Operations that have a kernel of ours on the CPU, and a path of the engine's operations
/// elsewhere.
@Suite("Our operations on the test device", .serialized) struct DeviceOperationTests {
    /// The largest difference of two lists of one length.
    private static func distance(_ a: Tensor, _ b: Tensor) throws -> Float {
        let a = try a.floats()
        let b = try b.floats()
        guard a.count == b.count else { return .infinity }
        return zip(a, b).map { abs($0 - $1) }.max() ?? 0
    }

    /// A leaf on `device` with the same numbers at every call.
    private static func leaf(_ shape: [Int], on device: Device, seed: UInt64 = 5) throws -> Tensor {
        let generator = try RandomGenerator(seed: seed)
        let x = try Tensor.randomNormal(shape, generator: generator).to(device)
        try x.setRequiresGrad(true)
        return x
    }

    @Test("Windows of a map, and the map of windows, are the CPU's to the bit, with gradients")
    func windows() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                func run(_ device: Device) throws -> [Tensor] {
                    let x = try Self.leaf([2, 7, 9, 3], on: device)
                    let cut = try x.windows(4, shift: 2)
                    let whole = try cut.joinedWindows(4, shift: 2, mapSize: Size2D(7, 9))
                    try (whole * whole).sum().backward()
                    return [cut, whole, try #require(x.grad)]
                }
                for (a, b) in zip(try run(device), try run(.cpu)) {
                    #expect(try a.floats() == b.floats())
                }
            }
        }
    }

    @Test("RoIAlign is the CPU's, in any order of the regions, wherever these are")
    func regions() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                let corners: [Float] = [
                    1, 2, 3, 20, 18, 0, 0, 0, 31, 31, 1, 5.5, 4.25, 9, 30, 0, 10, 10, 11, 11,
                ]
                let rois = try Tensor.from(corners, shape: [4, 5])
                let ordered = try rois.indexed(0, Tensor.from([1, 3, 0, 2] as [Int64]))
                for regions in [rois, ordered] {
                    func run(_ device: Device, _ regions: Tensor) throws -> [Tensor] {
                        let map = try Self.leaf([2, 5, 8, 8], on: device)
                        let bins = try map.roiAligned(
                            regions, size: Size2D(3, 2), scale: 0.25, samplingRatio: 0,
                            aligned: true)
                        try (bins * bins).sum().backward()
                        return [bins, try #require(map.grad)]
                    }
                    let expected = try run(.cpu, regions)
                    for place in [device, .cpu] {
                        let found = try run(device, regions.to(place))
                        for (a, b) in zip(found, expected) {
                            #expect(a.device == device)
                            #expect(try Self.distance(a, b) < 1e-5)
                        }
                    }
                }
                // One copy to the device forward, none backward: the weights of all regions.
                let map = try Self.leaf([2, 5, 8, 8], on: device)
                let transfers = try TestDevice.transfers {
                    let bins = try map.roiAligned(
                        ordered, size: Size2D(3, 2), scale: 0.25, samplingRatio: 0, aligned: true)
                    try bins.sum().backward()
                }
                #expect(transfers.toDevice == 1 && transfers.waiting == 0, "\(transfers)")
            }
        }
    }

    @Test("Suppression keeps the CPU's boxes, of groups and of none, by one copy to the host")
    func suppression() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                for count in [0, 1, 60] {
                    let generator = try RandomGenerator(seed: 4)
                    let corner = try Tensor.empty([count, 2]).uniformInPlace(
                        0, 40, generator: generator)
                    let boxes = try Tensor.cat([corner, corner + 15], dim: 1)
                    let scores = try Tensor.empty([count]).uniformInPlace(
                        0, 1, generator: generator)
                    let groups = try Tensor.from((0..<count).map { Int64($0 % 3) << 40 })
                    let expected = try [
                        Tensor.nms(boxes, scores, threshold: 0.3),
                        Tensor.batchedNMS(boxes, scores, groups: groups, threshold: 0.3),
                    ].map { try $0.integers() }
                    let here = try [boxes, scores, groups].map { try $0.to(device) }
                    var found: [Tensor] = []
                    let transfers = try TestDevice.transfers {
                        found = try [
                            Tensor.nms(here[0], here[1], threshold: 0.3),
                            Tensor.batchedNMS(here[0], here[1], groups: here[2], threshold: 0.3),
                        ]
                    }
                    #expect(try found.map { try $0.integers() } == expected)
                    #expect(transfers.toHost <= 2 && transfers.scalars == 0, "\(transfers)")
                }
            }
        }
    }

    @Test("The largest elements come in the CPU's order, equals too")
    func largest() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                let x = try Tensor.from([3, 1, 3, .nan, 2, 3, 1, 0] as [Float], shape: [2, 4])
                let expected = try x.topK(3)
                let found = try x.to(device).topK(3)
                #expect(try found.indices.integers() == expected.indices.integers())
            }
        }
    }

    @Test("Batch norm of channels-last maps has the statistics and gradients of double precision")
    func batchNorm() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                func run(_ device: Device) throws -> [Tensor] {
                    let norm = try BatchNorm2d(6)
                    try norm.move(to: device)
                    try norm.setTraining(true)
                    let x = try Self.leaf([2, 6, 32, 32], on: device)
                    let y = try norm(x.channelsLast() + 3)
                    try (y * y * y).sum().backward()
                    let buffers = try norm.namedTensors().filter { $0.kind == .buffer }
                    return [y, try #require(x.grad)] + buffers.map { $0.tensor }
                }
                for (a, b) in zip(try run(device), try run(.cpu)) {
                    #expect(try Self.distance(a, b) < 1e-3)
                }
            }
        }
    }

    @Test("AdamW's step, and the clipping before it, are the CPU's to the bit")
    func optimizer() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                func run(_ device: Device) throws -> [[Float]] {
                    let parameters = try (0..<3).map {
                        try Self.leaf([4, 5], on: device, seed: $0)
                    }
                    let group = try ParameterGroup(
                        names: ["a", "b", "c"], parameters: parameters)
                    let optimizer = AdamW([group], learningRate: 0.01)
                    for _ in 0..<3 {
                        try optimizer.clearGradients()
                        try parameters.reduce(Tensor.zeros([], device: device)) {
                            try $0 + ($1 * $1).sum()
                        }.backward()
                        _ = try clipGradients(optimizer.gradients, maxNorm: 1)
                        try optimizer.step(learningRates: [0.01])
                    }
                    return try parameters.map { try $0.floats() }
                }
                let found = try run(device)
                #expect(try found == run(.cpu))
            }
        }
    }

    @Test("What only the CPU has a kernel for says so")
    func onlyOnTheCPU() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                let rows = try Tensor.ones([2, 3, 4], device: device)
                let labels = try Tensor.zeros([1, 8, 8], dtype: .int64, device: device)
                let calls: [() throws -> Tensor] = [
                    {
                        try rows.bilinearArgmax(
                            firstRow: 0, sourceHeight: 2, size: Size2D(4, 6), rows: 0..<4)
                    },
                    {
                        try Tensor.ones([1, 3, 2, 2], device: device).resizedCrossEntropy(
                            labels, ignoreIndex: 255)
                    },
                    {
                        try rows.selected(0, 0).focalLoss(
                            Tensor.zeros([3], dtype: .int64, device: device), gamma: 2, alpha: 0.25)
                    },
                ]
                for call in calls {
                    let error = #expect(throws: TorchError.self) { _ = try call() }
                    let text = "\(try #require(error))"
                    #expect(text.contains("on the CPU"), "\(text)")
                }
            }
        }
    }

    @Test("Which classes a label map has is found where the map is")
    func classes() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                let values: [Int64] = [0, 0, 4, 255, 4, -1, 1, 2, 3, 9]
                let labels = try Tensor.from(values, shape: [2, 1, 5])
                let expected = try LabelSets(labels, classes: 5, ignoreIndex: 3)
                let here = try labels.to(device)
                var indicators: Tensor?
                let transfers = try TestDevice.transfers {
                    indicators = try LabelSets.indicators(here, classes: 5, ignoreIndex: 3)
                }
                #expect(transfers.toDevice == 0 && transfers.waiting == 0, "\(transfers)")
                #expect(try indicators?.floats() == expected.indicators().floats())
                let sets = try LabelSets(here, classes: 5, ignoreIndex: 3)
                #expect(sets.images == expected.images)
            }
        }
    }

    @Test("Numbers and lists of several tensors take one copy, and are those of each")
    func together() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                let values = [1.5, -2, 3]
                let numbers = try values.map { try Tensor.full([], $0).to(device) }
                var read: [Double] = []
                var lists: [Tensor] = []
                let transfers = try TestDevice.transfers {
                    read = try Tensor.items(numbers)
                    lists = try Tensor.from([[1, 2], [], [7]], on: device)
                }
                #expect("\(transfers)" == "1 to the device, 1 to the host, 0 scalars")
                #expect(read == values)
                #expect(try lists.map { try $0.integers() } == [[1, 2], [], [7]])
                // Types and devices may differ.
                let mixed = try [
                    Tensor.full([1], 4), numbers[0], Tensor.full([], 7, dtype: .int64).to(device),
                ]
                #expect(try Tensor.items(mixed) == [4, 1.5, 7])
                #expect(throws: TorchError.self) {
                    try Tensor.items([numbers[0], Tensor.ones([2], device: device)])
                }
            }
        }
    }

    @Test("Mixed precision there is that of converted operands, and ends with its scope")
    func autocast() async {
        await #expect(processExitsWith: .success) {
            try onTestDevice { device in
                let x = try Self.leaf([1, 3, 6, 6], on: device)
                let weight = try Self.leaf([4, 3, 3, 3], on: device, seed: 6)
                try withAutocast(.bfloat16, on: device) { () throws in
                    #expect(autocastType(on: device) == .bfloat16)
                    #expect(autocastType(on: .cpu) == nil)
                    let found = try x.conv2d(weight, nil)
                    let expected = try withoutAutocast {
                        try x.to(.bfloat16).conv2d(weight.to(.bfloat16), nil)
                    }
                    #expect(found.dtype == .bfloat16)
                    #expect(try found.floats() == expected.floats())
                    #expect(try found.softmax(1).dtype == .float32)
                    #expect(try withoutAutocast { try x.conv2d(weight, nil).dtype } == .float32)
                }
                #expect(autocastType(on: device) == nil)
            }
        }
    }
}
