import NIOCore
import NIOSSL
import ServerSupport

extension Routes {
    /// What an auth server is asked about the client of `request`; `nil` when it sent no secret.
    ///
    /// Isolation: the connection's event loop.
    func question(about request: HTTPRequest) -> AuthQuestion? {
        guard let secret = request.secret else { return nil }
        // SWALLOW: a connection in the clear has no such handler.
        let tls = try? request.connection.pipeline.syncOperations
            .handler(type: NIOSSLServerHandler.self)
        return AuthQuestion(
            secret: secret,
            remoteIP: PeerAddress(request.connection.remoteAddress).host,
            commonName: tls?.peerCertificate.flatMap(CertificateSubject.commonName) ?? "",
            isTLS: tls != nil
        )
    }

    /// Has an auth server asked; `proceed` is called with its answer, from any thread.
    func authorize(
        _ question: AuthQuestion,
        then proceed: @escaping @Sendable (Result<AuthGrant, AuthFailure>) -> Void
    ) {
        guard let authorizer else { return }
        Task {
            do throws(AuthFailure) {
                proceed(.success(try await authorizer.ask(question)))
            } catch {
                proceed(.failure(error))
            }
        }
    }

    /// Has an auth server asked, and `answer` called with its answer on the connection's event loop.
    func ask(
        _ question: AuthQuestion,
        _ request: HTTPRequest,
        _ answer: @escaping @Sendable (Result<AuthGrant, AuthFailure>) -> HTTPAnswer
    ) -> HTTPAnswer {
        .later { [self] proceed in
            authorize(question) { outcome in
                request.connection.eventLoop.execute { proceed(answer(outcome)) }
            }
        }
    }
}
