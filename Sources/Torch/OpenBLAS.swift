#if canImport(CDenseKitOpenBLAS)
    import CDenseKitOpenBLAS
    import Glibc

    /// OpenBLAS's kernels, and the change from one to another.
    ///
    /// OpenBLAS chooses its kernel when it is loaded, before any code of a program runs, and has no
    /// public call to choose again. Builds for many processors (`DYNAMIC_ARCH`) export the two
    /// functions with which it does it, and a table `gotoblas_NAME` for each kernel: forgetting the
    /// choice and making it again, while no product is computed, is all that it does itself.
    enum OpenBLAS {
        /// The kernel that computes now.
        static var kernel: String { String(cString: openblas_get_corename()) }

        /// The kernels that it can change to; nil where it cannot change.
        static var kernels: [String]? {
            guard symbol("gotoblas_dynamic_init") != nil, symbol("gotoblas_dynamic_quit") != nil
            else { return nil }
            let names = BLASKernel.all.map(\.name).filter {
                symbol("gotoblas_" + $0.uppercased()) != nil
            }
            return names.isEmpty ? nil : names
        }

        /// Decides which kernel runs (`BLASChoice`) and changes to it. Call it while no other
        /// thread computes.
        ///
        /// - Parameter asked: the value of `OPENBLAS_CORETYPE`; nil where it is not set
        static func choose(for processor: Processor, asked: String?) -> BLASChoice {
            let choice = BLASChoice(processor, known: kernels, running: kernel, asked: asked)
            guard choice.kernel != kernel, !change(to: choice.kernel) else { return choice }
            return BLASChoice(processor, known: nil, running: kernel, asked: asked)
        }

        /// Computes with the kernel `name` from now on.
        ///
        /// - Returns: whether it does
        static func change(to name: String) -> Bool {
            guard let initialize = symbol("gotoblas_dynamic_init"),
                let forget = symbol("gotoblas_dynamic_quit")
            else {
                return false
            }
            typealias Function = @convention(c) () -> Void
            let variable = "OPENBLAS_CORETYPE"
            let before = getenv(variable).map { String(cString: $0) }
            setenv(variable, name, 1)
            unsafeBitCast(forget, to: Function.self)()
            unsafeBitCast(initialize, to: Function.self)()
            // other processes choose for themselves
            if let before { setenv(variable, before, 1) } else { unsetenv(variable) }
            return kernel == name
        }

        private static func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(nil, name) }
    }
#endif
