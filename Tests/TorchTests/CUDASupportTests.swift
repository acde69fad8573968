import Testing

@testable import DenseKitTorch

/// What is wrong with the devices `cuda:0` and `cuda:3`, in the words of a command.
private func problems(
    version: String? = "13.0", count: Int = 0, hasDriver: Bool = true, visible: String? = nil
) -> [String?] {
    let support = CUDASupport(
        version: version, hasNCCL: false, deviceCount: count, hasDriver: hasDriver,
        visibleDevices: visible)
    return [0, 3].map { index in
        support.problem(with: .cuda(index)).map { "\($0.problem); \($0.remedy)" }
    }
}

@Suite struct CUDASupportTests {
    @Test("A device that is not there is refused with the reason and what to do") func absent() {
        let engine = "libtorch \(Engine.version)"
        let table: [(found: [String?], expected: String)] = [
            (
                problems(version: nil, hasDriver: false),
                "\(engine) is built without CUDA; build with LIBTORCH=… of a CUDA build, or compute on the CPU"
            ),
            (
                problems(hasDriver: false),
                "\(engine) for CUDA 13.0 finds no NVIDIA driver (libcuda.so.1); install one for CUDA 13.0, or compute on the CPU"
            ),
            (
                problems(),
                "the NVIDIA driver offers this process no GPU; see what nvidia-smi lists, or compute on the CPU"
            ),
            (
                problems(visible: ""),
                "the NVIDIA driver offers this process no GPU (CUDA_VISIBLE_DEVICES is ''); see what nvidia-smi lists, or compute on "
                    + "the CPU"
            ),
        ]
        for (found, expected) in table { #expect(found == [expected, expected]) }
        #expect(
            problems(count: 1) == [nil, "this process has one CUDA device, cuda:0; name that one"])
        #expect(
            problems(count: 3) == [
                nil, "this process has 3 CUDA devices, cuda:0 to cuda:2; name one of them",
            ])
        #expect(problems(count: 4) == [nil, nil])
    }

    @Test("The CPU needs nothing of it") func processor() {
        let none = CUDASupport(
            version: nil, hasNCCL: false, deviceCount: 0, hasDriver: false, visibleDevices: nil)
        for device in [Device.cpu, .meta] { #expect(none.problem(with: device) == nil) }
    }

    @Test("What this process has is what its libtorch was built for") func current() {
        #expect(Engine.cuda.version == Engine.build.cuda)
        #expect(Engine.cuda.deviceCount == Engine.cudaDeviceCount)
        #expect(Engine.build.cuda != nil || !Engine.cuda.hasNCCL && Engine.cudaDeviceCount == 0)
    }
}
