import Dispatch
import Glibc
import NIOCore

/// Finds the addresses of one host's name on a thread of its own.
///
/// NIO asks for the names of all connections of a loop in turn: one name server that does not answer would hold up
/// every other host. Safe to use from any thread.
struct HostResolver: Sendable {
    /// A name that has no address, with the system's reason.
    struct UnknownHost: Error, CustomStringConvertible {
        /// The name.
        let host: String
        /// The words of `gai_strerror(3)`.
        let reason: String

        var description: String { "lookup \(host): \(reason)" }
    }

    private let queue: DispatchQueue

    /// A resolver for one host, `name` for whoever looks at the threads.
    init(name: String) { queue = DispatchQueue(label: "nsq.resolver.\(name)") }

    /// The addresses of `host`, in the system's order.
    ///
    /// Cancelled, it gives up waiting at once; the system goes on by itself.
    func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        let (answers, answer) = AsyncStream<Result<[SocketAddress], UnknownHost>>.makeStream()
        queue.async {
            answer.yield(Result { () throws(UnknownHost) in try Self.resolve(host, port) })
            answer.finish()
        }
        for await result in answers { return try result.get() }
        throw CancellationError()
    }

    private static func resolve(_ host: String, _ port: Int) throws(UnknownHost) -> [SocketAddress]
    {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw UnknownHost(host: host, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        // SAFETY: the list is the system's, whole until freeaddrinfo, and each family says what its address is.
        while let entry = next {
            next = entry.pointee.ai_next
            guard let address = entry.pointee.ai_addr else { continue }
            switch entry.pointee.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            default: break
            }
        }
        return addresses
    }
}
