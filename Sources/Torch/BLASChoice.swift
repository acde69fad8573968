/// The kernel that OpenBLAS computes with, and why.
public struct BLASChoice: Sendable, Equatable, CustomStringConvertible {
    /// Who chose the kernel.
    public enum Reason: Sendable, Equatable {
        /// OpenBLAS chose it when it was loaded.
        case openBLAS
        /// The variable `OPENBLAS_CORETYPE` names it.
        case user
        /// DenseKit chose it in place of the one that OpenBLAS was loaded with.
        case densekit(insteadOf: String)
    }

    /// OpenBLAS's name of the kernel, such as `SkylakeX`.
    public let kernel: String
    /// Who chose the kernel: OpenBLAS, the user or DenseKit.
    public let reason: Reason
    /// What makes OpenBLAS slower than it could be, or was not done as `OPENBLAS_CORETYPE` asks:
    /// one sentence each, with what to do. Empty where there is no problem.
    public let warnings: [String]

    /// `SkylakeX (AVX-512; chosen by DenseKit in place of Prescott)`
    public var description: String {
        let level = BLASKernel.named(kernel).map { "\($0.level); " } ?? ""
        let why =
            switch reason {
            case .openBLAS: "chosen by OpenBLAS"
            case .user: "chosen by OPENBLAS_CORETYPE"
            case .densekit(let other): "chosen by DenseKit in place of \(other)"
            }
        return "\(kernel) (\(level)\(why))"
    }

    /// Which kernel should run.
    ///
    /// A user's choice is used where the processor can run it. Where OpenBLAS chose, its kernel
    /// is used unless the processor has wider instructions than that kernel uses, as processors
    /// have that are newer than the library.
    ///
    /// - Parameters:
    ///   - processor: where it runs
    ///   - known: the kernels that this OpenBLAS can change to; nil where it cannot change
    ///   - running: the kernel that it was loaded with
    ///   - asked: the value of `OPENBLAS_CORETYPE`; nil where it is not set
    init(_ processor: Processor, known: [String]?, running: String, asked: String?) {
        let best = processor.bestKernel(among: known ?? BLASKernel.all.map(\.name))
        let current = BLASKernel.named(running)
        let isTooLow = if let best, let current { current.level < best.level } else { false }
        let missing = current.map { processor.missing($0) } ?? []
        let isAsked = asked?.lowercased() == running.lowercased()

        if isAsked, missing.isEmpty {
            let warning =
                "OPENBLAS_CORETYPE=\(running) makes OpenBLAS compute with \(current?.level ?? .sse), and this processor "
                + "has \(best?.level ?? .sse): unset OPENBLAS_CORETYPE, or set it to \(best?.name ?? running)"
            self.init(kernel: running, reason: .user, warnings: isTooLow ? [warning] : [])
            return
        }
        let changes = best != nil && known != nil && (isTooLow || !missing.isEmpty)
        let kernel = changes ? best?.name ?? running : running
        var warnings: [String] = []
        if let asked {
            warnings.append(
                Self.warning(asked, processor, known) + "; OpenBLAS computes with \(kernel)")
        }
        if isTooLow, known == nil, let best {
            warnings.append(
                "OpenBLAS computes with its kernel \(running) (\(current?.level ?? .sse)), this processor has \(best.level), and this "
                    + "build of OpenBLAS cannot change: start with OPENBLAS_CORETYPE=\(best.name), or install one built with "
                    + "DYNAMIC_ARCH (Debian: libopenblas0-pthread)")
        }
        self.init(
            kernel: kernel,
            reason: changes ? .densekit(insteadOf: running) : isAsked ? .user : .openBLAS,
            warnings: warnings)
    }

    init(kernel: String, reason: Reason, warnings: [String]) {
        self.kernel = kernel
        self.reason = reason
        self.warnings = warnings
    }

    /// Why the requested kernel cannot be used.
    private static func warning(_ asked: String, _ processor: Processor, _ known: [String]?)
        -> String
    {
        let wanted = BLASKernel.named(asked)
        if let missing = wanted.map({ processor.missing($0) }), !missing.isEmpty {
            return
                "OPENBLAS_CORETYPE=\(asked) needs what this processor does not have (\(missing.joined(separator: ", "))): "
                + "unset OPENBLAS_CORETYPE"
        }
        let names = known.map { " (it has \($0.joined(separator: ", ")))" } ?? ""
        return
            "OPENBLAS_CORETYPE=\(asked) is no kernel of this OpenBLAS\(names): unset OPENBLAS_CORETYPE, or correct it"
    }
}

extension Processor {
    /// What `kernel` needs and this processor does not have, in order; empty where nothing is known
    /// of it.
    fileprivate func missing(_ kernel: BLASKernel) -> [String] {
        flags.isEmpty ? [] : kernel.needs.subtracting(flags).sorted()
    }
}
