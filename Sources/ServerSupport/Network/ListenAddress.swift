private import Glibc
package import NIOCore
package import NIOPosix
package import NSQCore

/// Where a front listens: the value of `--tcp-address` or `--http-address`.
///
/// What splits as host and port is TCP, anything else is the path of a unix socket.
/// Source: `nsqd` spec 5.3.
package enum ListenAddress: Sendable, Equatable {
    /// A TCP address; an empty host and `0.0.0.0` mean all interfaces, an empty port a free one.
    case tcp(host: String, port: String)
    /// The path of a unix stream socket, which must not exist yet.
    case unix(path: String)

    /// Reads `text` by the rules of Go's `net.SplitHostPort`.
    package init(_ text: String) {
        self = Self.split(text) ?? .unix(path: text)
    }

    /// The port of an address that a front listens on; -1 for a unix socket.
    package var portNumber: Int {
        guard case .tcp(_, let port) = self else { return -1 }
        return Int(port) ?? -1
    }

    private static func split(_ text: String) -> Self? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let port = text[text.index(after: colon)...]
        var host = text[..<colon]
        if host.first == "[" {
            guard host.count >= 2, host.last == "]" else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        let isBracket = { (character: Character) in character == "[" || character == "]" }
        guard !host.contains(where: isBracket), !port.contains(where: isBracket) else { return nil }
        return .tcp(host: String(host), port: String(port))
    }

    /// Binds `bootstrap` here and starts to listen.
    ///
    /// The wildcard serves IPv4 and IPv6 with one socket where the machine has IPv6, as Go does; an
    /// IPv4 peer then has an address such as `::ffff:192.0.2.1`, see
    /// ``text(of:)-(SocketAddress?)``.
    ///
    /// - Throws: ``StartupFailure`` with the text of the original.
    package func bind(_ bootstrap: ServerBootstrap) async throws(StartupFailure) -> any Channel {
        switch self {
        case .unix(let path):
            // Rights are taken away from the start: set behind the bind they would come too late.
            let mask = umask(0o077)
            umask(mask | 0o077)
            defer { umask(mask) }
            do {
                return try await bootstrap.bind(unixDomainSocketPath: path).get()
            } catch {
                throw .listening(on: path, error)
            }
        case .tcp(let host, let port):
            let address = Self.text(host: host, port: port)
            guard let number = port.isEmpty ? 0 : Int(port), (0...65_535).contains(number) else {
                throw .listening(on: address, network: "tcp", reason: "invalid port")
            }
            if host.isEmpty || host == "0.0.0.0" || host == "::",
                // SWALLOW: without IPv6 the bind below decides and reports.
                let channel = try? await bootstrap.bind(host: "::", port: number).get()
            {
                return channel
            }
            do {
                return try await bootstrap.bind(host: host.isEmpty ? "0.0.0.0" : host, port: number)
                    .get()
            } catch {
                throw .listening(on: address, error)
            }
        }
    }

    /// An address as log lines and `/stats` show it: `127.0.0.1:4150`, `[::]:4150`, or a path.
    ///
    /// An IPv4 peer of a socket that serves both families is shown as the IPv4 peer that it is.
    package static func text(of address: SocketAddress?) -> String {
        guard let address else { return "" }
        if let path = address.pathname { return path }
        var host = address.ipAddress ?? ""
        if host.hasPrefix("::ffff:"), host.contains(".") { host.removeFirst("::ffff:".count) }
        return text(host: host, port: "\(address.port ?? 0)")
    }

    private static func text(host: String, port: String) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
