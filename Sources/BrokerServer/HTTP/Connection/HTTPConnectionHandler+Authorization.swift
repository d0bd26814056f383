import NIOCore
import NIOSSL

extension HTTPConnectionHandler {
    /// What an auth server is asked about the client that sent `secret`; `nil` where none is asked.
    func question(_ secret: [UInt8]?) -> AuthQuestion? {
        guard routes.authorizer != nil, let secret else { return nil }
        // SWALLOW: a connection in the clear has no such handler.
        let tls = try? context?.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        return AuthQuestion(
            secret: secret,
            remoteIP: PeerAddress(context?.remoteAddress).host,
            commonName: tls?.peerCertificate.flatMap(CertificateSubject.commonName) ?? "",
            isTLS: tls != nil
        )
    }

    /// Has an auth server asked; `proceed` is called on the loop with its answer.
    func ask(
        _ question: AuthQuestion,
        _ loop: any EventLoop,
        then proceed:
            @escaping @Sendable (HTTPConnectionHandler, Result<AuthGrant, AuthFailure>) -> Void
    ) {
        guard let authorizer = routes.authorizer else { return }
        let handler = NIOLoopBound(self, eventLoop: loop)
        Task {
            let outcome: Result<AuthGrant, AuthFailure>
            do throws(AuthFailure) {
                outcome = .success(try await authorizer.ask(question))
            } catch {
                outcome = .failure(error)
            }
            loop.execute { proceed(handler.value, outcome) }
        }
    }
}
