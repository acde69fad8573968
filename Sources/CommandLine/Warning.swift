import Foundation

/// Prints `warning` on standard error.
func warn(_ warning: String) {
    fflush(nil)  // what was printed comes before it
    try? FileHandle.standardError.write(contentsOf: Data("warning: \(warning)\n".utf8))
}
