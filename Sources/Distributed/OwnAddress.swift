import DenseKitTorch
import Foundation

/// The address under which other processes reach this one.
enum OwnAddress {
    /// The address of the interface that `GLOO_SOCKET_IFNAME` names; else that of the interface
    /// from which `host` is reached, as digits; nil where that is not known. Nothing is sent.
    ///
    /// - Parameters:
    ///   - host: of the store
    ///   - isAmongMachines: whether processes of other machines must reach it, for which an address
    ///     of this machine alone (127.0.0.1) is none
    ///   - variables: the environment
    /// - Throws: `ProcessGroupError` where the interface has no address.
    static func choose(
        towards host: String, isAmongMachines: Bool,
        variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ProcessGroupError) -> String? {
        let interfaces = interfaces()
        if let name = variables["GLOO_SOCKET_IFNAME"]?.split(separator: ",").first {
            if let found = interfaces.first(where: { $0.name == name }) { return found.address }
            let names = interfaces.map(\.name).joined(separator: ", ")
            throw ProcessGroupError(
                "GLOO_SOCKET_IFNAME names '\(name)', and the interfaces with an address are \(names)",
                remedy: "set it to one of them, or unset it")
        }
        let found = towards(host)
        guard isAmongMachines, found.map(isLoopback) ?? true else { return found }
        // A machine often knows its own name as 127.0.1.1.
        return interfaces.first { !isLoopback($0.address) }?.address ?? found
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1"
    }

    /// The interfaces that are up, with their IPv4 addresses, in the system's order.
    private static func interfaces() -> [(name: String, address: String)] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0, let first else { return [] }
        defer { freeifaddrs(first) }
        return sequence(first: first, next: { $0.pointee.ifa_next }).compactMap { entry in
            let isUp = entry.pointee.ifa_flags & UInt32(IFF_UP) != 0
            guard isUp, let address = entry.pointee.ifa_addr,
                Int32(address.pointee.sa_family) == AF_INET,
                let text = digits(of: address, socklen_t(MemoryLayout<sockaddr_in>.size))
            else { return nil }
            return (String(cString: entry.pointee.ifa_name), text)
        }
    }

    /// The address of the interface from which `host` is reached.
    private static func towards(_ host: String) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "29500", &hints, &found) == 0, let found else { return nil }
        defer { freeaddrinfo(found) }
        for entry in sequence(first: found, next: { $0.pointee.ai_next }) {
            let file = socket(entry.pointee.ai_family, entry.pointee.ai_socktype, 0)
            guard file >= 0 else { continue }
            defer { close(file) }
            // A datagram socket takes its own address when it is connected, before it sends.
            guard connect(file, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 else {
                continue
            }
            if let text = ownAddress(of: file) { return text }
        }
        return nil
    }

    private static func ownAddress(of file: Int32) -> String? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                getsockname(file, own, &length) == 0 ? digits(of: own, length) : nil
            }
        }
    }

    private static func digits(of address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String?
    {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let size = socklen_t(text.count)
        guard getnameinfo(address, length, &text, size, nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
