package import Logging
import NIOCore
package import NSQCore
import NSQWire

/// Asks the auth servers who a client is and what it may do.
///
/// Safe to use from any thread. Source: `nsqd` spec 7.1 and 7.2.
package final class AuthClient: Sendable {
    private let settings: AuthSettings
    private let servers: [AuthServer]
    private let client: OutboundClient
    private let logger: Logger
    private let metrics: NSQDMetrics

    /// Reads the roots for HTTPS, blocking on the disk.
    ///
    /// `rootCAPath`: a PEM file with the roots that auth servers are verified against; empty for those of the
    /// system.
    ///
    /// - Returns: `nil` when no auth server is named.
    /// - Throws: ``StartupFailure`` for settings that can not be used.
    package static func load(
        _ settings: AuthSettings,
        rootCAPath: String,
        logger: Logger,
        metrics: NSQDMetrics
    ) throws(StartupFailure) -> AuthClient? {
        guard ["get", "post"].contains(settings.method) else {
            throw StartupFailure(.settings, "--auth-http-request-method must be post or get")
        }
        guard !settings.addresses.isEmpty else {
            // Without anybody to ask, everybody would be let in.
            guard !settings.coversHTTP else {
                throw StartupFailure(.settings, "--http-auth needs an --auth-http-address")
            }
            return nil
        }
        let client = try OutboundClient(
            connectTimeout: settings.connectTimeout,
            requestTimeout: settings.requestTimeout,
            rootCAPath: rootCAPath
        )
        return AuthClient(settings, client, logger, metrics)
    }

    private init(
        _ settings: AuthSettings,
        _ client: OutboundClient,
        _ logger: Logger,
        _ metrics: NSQDMetrics
    ) {
        self.settings = settings
        self.client = client
        self.logger = logger
        self.metrics = metrics
        servers = settings.addresses.map(AuthServer.init)
    }

    /// Asks the servers one after the other, from a random one on, until one gives a valid answer.
    ///
    /// - Throws: The last server's failure; each is logged.
    func ask(_ question: AuthQuestion) async throws(AuthFailure) -> AuthGrant {
        var failure = AuthFailure.unreachable(.unreachable("no auth server is configured"))
        let start = NIODeadline.now()
        var isGranted = false
        defer {
            let elapsed = NIODeadline.now() - start
            metrics.asked(nanoseconds: elapsed.nanoseconds, isGranted: isGranted)
        }
        let first = Int.random(in: 0..<servers.count)
        for server in servers[first...] + servers[..<first] {
            do throws(AuthFailure) {
                let grant = try await ask(server, question)
                isGranted = true
                return grant
            } catch {
                logger.error("AUTH: query to \(server) failed - \(error)")
                failure = error
            }
        }
        throw failure
    }

    /// Closes the connections to the servers; questions under way fail.
    package func shutDown() async { await client.shutDown() }

    private func ask(
        _ server: AuthServer,
        _ question: AuthQuestion
    ) async throws(AuthFailure) -> AuthGrant {
        var reply = try await reply(of: server, question)
        if reply.status == 403, let secure = server.secured(bySuggestion: reply.body) {
            reply = try await self.reply(of: secure, question)
        }
        guard reply.status == 200 else { throw .status(reply.status) }
        let answer: AuthAnswer
        do throws(AuthAnswer.Failure) {
            answer = try reply.body.withUnsafeReadableBytes { bytes throws(AuthAnswer.Failure) in
                try AuthAnswer(json: bytes)
            }
        } catch {
            throw .answer(error)
        }
        return try AuthGrant(answer, at: .now())
    }

    private func reply(
        of server: AuthServer,
        _ question: AuthQuestion
    ) async throws(AuthFailure) -> (status: UInt, body: ByteBuffer) {
        let request = server.request(question, method: settings.method)
        do throws(OutboundClient.Failure) {
            return try await client.answer(to: request)
        } catch {
            throw .unreachable(error)
        }
    }
}
