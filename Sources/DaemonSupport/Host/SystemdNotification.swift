private import Glibc
package import NSQCore

/// Tells systemd, or whoever else listens at `NOTIFY_SOCKET`, how far the daemon has come.
///
/// Nothing happens where nobody listens. Source: sd_notify(3), "Notes" on the socket protocol.
package enum SystemdNotification {
    /// Tells that the daemon serves, or has begun to stop; blocks for no longer than a datagram to a local socket
    /// takes.
    package static func report(_ stage: ServiceStage) {
        switch stage {
        case .serving: send("READY=1")
        case .stopping: send("STOPPING=1")
        }
    }

    private static func send(_ state: String) {
        guard let value = getenv("NOTIFY_SOCKET") else { return }
        let path = Array(String(cString: value).utf8)
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.first == UInt8(ascii: "/") || path.first == UInt8(ascii: "@"), path.count < room
        else { return }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path)
            // A name that begins so is no file: Linux writes it with a NUL.
            if path.first == UInt8(ascii: "@") { bytes[0] = 0 }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | closeOnExec, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let message = Array(state.utf8)
        let nameOffset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(nameOffset + path.count)
        withUnsafePointer(to: &address) { pointer in
            // SAFETY: a socket address of any family may be looked at as the general one.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                _ = sendto(
                    descriptor,
                    message,
                    message.count,
                    Int32(MSG_NOSIGNAL),
                    general,
                    length
                )
            }
        }
    }

    private static let closeOnExec: Int32 = 0o2000000
}
