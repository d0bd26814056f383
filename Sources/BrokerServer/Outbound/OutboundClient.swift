import AsyncHTTPClient
private import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL
import NSQCore
import NSQWire

/// Asks other servers over HTTP, within the times of `--http-client-*`.
///
/// Nothing of it runs on the loops of the connections: a slow name server or answer holds up nobody else.
/// Safe to use from any thread.
final class OutboundClient: Sendable {
    /// Bytes of an answer that are taken.
    static let maximumAnswerBytes = 1 << 20

    /// Why there is no answer.
    enum Failure: Error, CustomStringConvertible {
        /// The server was not reached, or did not answer in time.
        case unreachable(String)
        /// The answer has more bytes than ``maximumAnswerBytes``.
        case tooLong

        var description: String {
            switch self {
            case .unreachable(let reason): reason
            case .tooLong: "the answer has more than \(maximumAnswerBytes) bytes"
            }
        }
    }

    private let client: HTTPClient
    private let requestTimeout: Duration

    /// Reads the roots for HTTPS, blocking on the disk.
    ///
    /// `rootCAPath`: a PEM file with the roots that servers are verified against; empty for those of the system.
    ///
    /// - Throws: ``StartupFailure`` for roots that can not be used.
    init(
        connectTimeout: Duration,
        requestTimeout: Duration,
        rootCAPath: String
    ) throws(StartupFailure) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: .nanoseconds(connectTimeout.wholeNanoseconds),
                read: .nanoseconds(requestTimeout.wholeNanoseconds)
            )
        )
        configuration.httpVersion = .http1Only
        // A server that is down is known at once; who asks has others to ask, or a time to keep.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        if !rootCAPath.isEmpty {
            do {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(rootCAPath))
                configuration.tlsConfiguration = tls
            } catch {
                throw StartupFailure(
                    .settings,
                    "failed to build TLS config - \(error) (--tls-root-ca-file=\(rootCAPath))"
                )
            }
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.requestTimeout = requestTimeout
    }

    /// Makes `request`, and gives status and body of the answer.
    func answer(
        to request: OutboundRequest
    ) async throws(Failure) -> (status: UInt, body: ByteBuffer) {
        do {
            return try await withThrowingTaskGroup { [client, requestTimeout] group in
                group.addTask {
                    let response = try await client.execute(
                        request.request,
                        timeout: .nanoseconds(requestTimeout.wholeNanoseconds)
                    )
                    let body = try await response.body.collect(upTo: Self.maximumAnswerBytes)
                    return (response.status.code, body)
                }
                // The client's own timeout ends with the head of the answer.
                group.addTask {
                    try await Task.sleep(for: requestTimeout)
                    throw Failure.unreachable("no answer within \(requestTimeout)")
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else {
                    throw Failure.unreachable("no answer")
                }
                return first
            }
        } catch let failure as Failure {
            throw failure
        } catch is NIOTooManyBytesError {
            throw .tooLong
        } catch {
            throw .unreachable("\(error)")
        }
    }

    /// `url` over HTTPS, on the port that the `body` of a 403 names as `https_port`; `nil` where it names none.
    static func secured(_ url: String, suggestedBy body: ByteBuffer) -> String? {
        guard var components = URLComponents(string: url), components.scheme == "http",
            let port = body.withUnsafeReadableBytes(HTTPSPort.suggested)
        else { return nil }
        components.scheme = "https"
        components.port = port
        return components.string
    }

    /// Closes the connections to the servers; questions under way fail.
    func shutDown() async {
        // SWALLOW: what can not be closed ends with the process.
        try? await client.shutdown()
    }
}
