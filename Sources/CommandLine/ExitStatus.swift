import DenseKitCore

/// How the process ends after `error`: 2 for a mistake in a configuration or a golden case, as its origin says; as the
/// signal asks for after one; 1 for everything else.
func exitStatus(of error: any Error) -> Int32 {
    switch ErrorOrigin(of: error) {
    case .configuration: 2
    case .interruption: (error as? Interrupted)?.exitCode ?? 1
    case .input, .environment, .program: 1
    }
}
