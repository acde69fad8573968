import CDenseKitTorch
import Glibc

/// What the engine and this machine have of CUDA.
public struct CUDASupport: Sendable, Equatable {
    /// The version of CUDA that libtorch was built for, such as `13.0`; nil for a build without
    /// CUDA.
    public let version: String?
    /// Whether this program was built with NCCL, by which GPUs exchange gradients: with a libtorch
    /// for CUDA, and the headers of NVIDIA that NCCL needs.
    public let hasNCCL: Bool
    /// The number of GPUs that libtorch can use.
    public let deviceCount: Int
    /// Whether the driver's library is installed.
    let hasDriver: Bool
    /// The value of `CUDA_VISIBLE_DEVICES`, which hides GPUs from a process; nil where it is not
    /// set.
    let visibleDevices: String?

    /// That of this process.
    static let current = CUDASupport(
        version: Engine.build.cuda, hasNCCL: ct_has_nccl(),
        deviceCount: Int(ct_cuda_device_count()),
        hasDriver: hasLibrary("libcuda.so.1"),
        visibleDevices: getenv("CUDA_VISIBLE_DEVICES").map { String(cString: $0) })

    /// Why the engine cannot compute on `device`, and what to do about it, a clause each; nil where
    /// it can.
    public func problem(with device: Device) -> (problem: String, remedy: String)? {
        guard case .cuda(let index) = device, index >= deviceCount else { return nil }
        guard let version else {
            return (
                "libtorch \(Engine.version) is built without CUDA",
                "build with LIBTORCH=… of a CUDA build, or compute on the CPU"
            )
        }
        switch deviceCount {
        case 0 where !hasDriver:
            return (
                "libtorch \(Engine.version) for CUDA \(version) finds no NVIDIA driver (libcuda.so.1)",
                "install one for CUDA \(version), or compute on the CPU"
            )
        case 0:
            let hidden = visibleDevices.map { " (CUDA_VISIBLE_DEVICES is '\($0)')" } ?? ""
            return (
                "the NVIDIA driver offers this process no GPU\(hidden)",
                "see what nvidia-smi lists, or compute on the CPU"
            )
        case 1: return ("this process has one CUDA device, cuda:0", "name that one")
        default:
            return (
                "this process has \(deviceCount) CUDA devices, cuda:0 to cuda:\(deviceCount - 1)",
                "name one of them"
            )
        }
    }

    private static func hasLibrary(_ name: String) -> Bool {
        guard let library = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return false }
        dlclose(library)
        return true
    }
}
