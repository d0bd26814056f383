package import NIOCore

/// The other end of a connection, in the forms that logs and `/stats` show.
package struct PeerAddress: Sendable {
    /// IP and port; `@` for a unix socket, whose clients have no name.
    package let text: String
    /// IP without port; empty for a unix socket.
    package let host: String

    /// Takes the remote address of a socket.
    package init(_ address: SocketAddress?) {
        guard let address, address.pathname == nil, let ip = address.ipAddress else {
            text = "@"
            host = ""
            return
        }
        text = ListenAddress.text(of: address)
        let mapped = "::ffff:"
        host = ip.hasPrefix(mapped) && ip.contains(".") ? String(ip.dropFirst(mapped.count)) : ip
    }
}
