import Glibc

/// The system calls that writing makes, in one place, so that a test can make any one of them fail.
///
/// Each is called, and reports failure, as the system's own: a negative result, and the reason in
/// `errno`.
struct SystemCalls: Sendable {
    var open: @Sendable (_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 = {
        Glibc.open($0, $1, $2)
    }
    var write: @Sendable (_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int = {
        Glibc.write($0, $1, $2)
    }
    /// Brings a file or a folder to the disk.
    var synchronize: @Sendable (_ file: Int32) -> Int32 = { fsync($0) }
    var rename: @Sendable (_ from: String, _ to: String) -> Int32 = { Glibc.rename($0, $1) }
    /// Puts each of two at the other's place, in one step.
    var exchange: @Sendable (_ first: String, _ second: String) -> Int32 = {
        SystemCalls.exchange($0, $1)
    }
    var makeFolder: @Sendable (_ path: String) -> Int32 = { mkdir($0, 0o777) }

    @TaskLocal static var current = SystemCalls()

    private typealias Rename =
        @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

    /// `renameat2(…, RENAME_EXCHANGE)`, by name: the header declares it for GNU sources only, which
    /// Swift's import is not.
    private static func exchange(_ first: String, _ second: String) -> Int32 {
        guard let symbol = dlsym(nil, "renameat2") else {
            errno = ENOSYS
            return -1
        }
        return unsafeBitCast(symbol, to: Rename.self)(AT_FDCWD, first, AT_FDCWD, second, 1 << 1)
    }
}
