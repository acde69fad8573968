import Glibc

/// The address under which other machines reach this one.
enum OwnAddress {
    /// The address of the network interface from which `host` is reached, as digits; nil where that
    /// is not known. Nothing is sent.
    static func towards(_ host: String) -> String? {
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
            if let text = ownName(of: file) { return text }
        }
        return nil
    }

    private static func ownName(of file: Int32) -> String? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                guard getsockname(file, own, &length) == 0 else { return nil }
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                guard
                    getnameinfo(
                        own, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
                else { return nil }
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }
}
