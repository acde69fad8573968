import CDenseKitTorch
import DenseKitErrors
import Glibc

/// Keys and values that the processes of a run share: c10d's TCPStore.
///
/// One process is the server; all of them, it included, are clients. The calls of one value wait
/// for each other: a thread that must not wait opens a store of its own.
public final class ProcessStore: @unchecked Sendable {  // immutable; c10d locks its calls
    let handle: ct_store
    /// The server's host.
    public let host: String
    /// What all keys begin with on the server, so that several runs may share one.
    public let prefix: String
    /// Whether this process is the server.
    public let isServer: Bool
    /// The server's port.
    public var port: Int { Int(ct_store_port(handle)) }

    /// The server's host and port, for messages.
    public var address: String { "\(host):\(port)" }

    /// Starts the server, or connects to it.
    ///
    /// - Parameters:
    ///   - host: the server's name or address
    ///   - port: of the server; 0 lets a server take a free one
    ///   - isServer: whether this process is the server
    ///   - prefix: what all keys begin with on the server
    ///   - timeout: how long to wait for the server, and for a key, in seconds
    /// - Throws: `ProcessGroupError` where the port is taken, and where the server does not answer.
    public init(
        host: String, port: Int, isServer: Bool = false, prefix: String = "", timeout: Double
    ) throws {
        guard 0...65535 ~= port else {
            throw ProcessGroupError("a port is 0…65535, found \(port)")
        }
        var made: ct_store?
        let status = ct_store_open(host, Int32(port), isServer, milliseconds(timeout), &made)
        guard status == 0, let made else {
            throw ProcessGroupError(
                isServer
                    ? "port \(port) cannot be opened for the processes to meet at"
                    : "\(host):\(port), where the processes meet, does not answer",
                remedy: isServer
                    ? "see which program has the port, or choose another with MASTER_PORT"
                    : "see whether the first process runs, and whether a firewall is between")
        }
        handle = made
        self.host = host
        self.prefix = prefix
        self.isServer = isServer
    }

    /// Connects to the same server once more, for a thread whose calls must not wait for those of
    /// others.
    ///
    /// - Parameter timeout: how long to wait for the server, and for a key, in seconds
    /// - Throws: `ProcessGroupError` where the server does not answer.
    public func connectedAgain(timeout: Double) throws -> ProcessStore {
        try ProcessStore(host: host, port: port, prefix: prefix, timeout: timeout)
    }

    deinit { ct_store_release(handle) }

    /// Sets the value of a key.
    public func set(_ key: String, _ bytes: [UInt8]) throws {
        try check("set \(key)") { ct_store_set(handle, prefix + key, bytes, Int64(bytes.count)) }
    }

    /// Sets the value of a key to a text in UTF-8.
    public func set(_ key: String, _ text: String) throws { try set(key, Array(text.utf8)) }

    /// Sets the value of a key that has none.
    ///
    /// - Returns: the value that the key has now: `text`, or that of the process that was first
    public func setFirst(_ key: String, _ text: String) throws -> String {
        var kept: ct_tensor?
        let bytes = Array(text.utf8)
        try check("set \(key)") {
            ct_store_set_first(handle, prefix + key, bytes, Int64(bytes.count), &kept)
        }
        let found = try kept.map { try Tensor(owning: $0).bytes() } ?? bytes
        return String(decoding: found, as: UTF8.self)
    }

    /// The value of a key; waits until it is set, at most the store's timeout.
    public func bytes(_ key: String) throws -> [UInt8] {
        var made: ct_tensor?
        try check("get \(key)") { ct_store_get(handle, prefix + key, &made) }
        return try made.map { try Tensor(owning: $0).bytes() } ?? []
    }

    /// The value of a key as text; waits until it is set, at most the store's timeout.
    public func text(_ key: String) throws -> String {
        let bytes = try bytes(key)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Adds to the number of a key, which starts at 0.
    ///
    /// - Returns: the sum
    @discardableResult
    public func add(_ key: String, _ amount: Int) throws -> Int {
        var sum: Int64 = 0
        try check("add \(key)") { ct_store_add(handle, prefix + key, Int64(amount), &sum) }
        return Int(sum)
    }

    /// Whether a key is set.
    public func has(_ key: String) throws -> Bool {
        var isThere = false
        try check("check \(key)") { ct_store_has(handle, prefix + key, &isThere) }
        return isThere
    }

    /// Waits until a key is set.
    ///
    /// - Parameters:
    ///   - key: the key
    ///   - timeout: how long to wait, in seconds
    /// - Returns: whether it was set in time
    public func wait(for key: String, timeout: Double) throws -> Bool {
        // libtorch 1.x takes the answer to a wait that was given up for that to its next question.
        let end = ContinuousClock.now + .seconds(timeout)
        while true {
            if try has(key) { return true }
            guard ContinuousClock.now < end else { return false }
            usleep(10_000)
        }
    }

    private func check(_ call: @autoclosure () -> String, _ status: () -> Int32) throws {
        guard status() == 0 else {
            throw ProcessGroupError(
                "the store of the processes at \(host):\(port) failed (\(call())): \(String(cString: ct_last_error()))",
                remedy: "see whether the process that holds it still runs")
        }
    }
}

/// A failure of the processes that compute together: one is gone, does not answer, or never came.
public struct ProcessGroupError: DenseKitError {
    public let problem: String
    public let remedy: String?
    public var origin: ErrorOrigin { .environment }

    /// An error with this text: what failed, and what to do.
    public init(_ problem: String, remedy: String? = nil) {
        self.problem = problem
        self.remedy = remedy
    }
}

func milliseconds(_ seconds: Double) -> Int64 {
    // A year, where it is longer or no number.
    Int64(min(max(seconds, 0), 31_536_000) * 1000)
}
