import Broker
import Logging
import NIOCore
import NSQCore
import NSQWire

extension ConnectionHandler {
    /// AUTH.
    func authenticate(_ secret: UnsafeRawBufferPointer) {
        guard (authorization.grant?.authorizationCount ?? 0) == 0 else {
            return fail(.authAlreadySet)
        }
        guard environment.auth != nil else { return fail(.authDisabled) }
        authorization.secret = Array(secret)
        holds.insert(.authorization)
        ask(for: .authentication)
    }

    /// Whether a publish to the reader's target is allowed.
    ///
    /// Gives `false` when the command is to be read again once an auth server has answered, and when it ended
    /// the connection.
    func mayPublish(_ command: CommandName) -> Bool {
        guard environment.auth != nil else { return true }
        guard let grant = currentGrant(for: command) else { return false }
        if reader.target.isPermitted { return true }
        let topic = reader.target.name?.text ?? ""
        guard grant.permits(.publish, topic: topic, channel: "") else {
            fail(.unauthorized(command, topic: topic, channel: ""))
            return false
        }
        reader.permitTarget(true)
        return true
    }

    /// Whether a SUB is allowed; `false` as for a publish.
    func maySubscribe(_ topic: TopicName, _ channel: ChannelName) -> Bool {
        guard environment.auth != nil else { return true }
        guard let grant = currentGrant(for: .subscribe) else { return false }
        guard grant.permits(.subscribe, topic: topic.text, channel: channel.text) else {
            fail(.unauthorized(.subscribe, topic: topic.text, channel: channel.text))
            return false
        }
        return true
    }

    /// Asks again for a consumer whose grant has expired, which may end the connection.
    ///
    /// The original never does: a client that is not trusted any more would go on consuming.
    func renewSubscription() {
        guard subscription != nil, let context, let grant = authorization.grant,
            grant.isExpired(at: context.eventLoop.now)
        else { return }
        renew()
    }

    /// The grant that holds now.
    ///
    /// Gives `nil` without one: the connection ends, or the command is read again after the answer.
    private func currentGrant(for command: CommandName) -> AuthGrant? {
        guard let context else { return nil }
        guard let grant = authorization.grant else {
            fail(.authFirst(command))
            return nil
        }
        guard grant.isExpired(at: context.eventLoop.now) else { return grant }
        holds.insert(.authorization)
        renew()
        return nil
    }

    private func renew() {
        guard authorization.query == nil else { return }
        ask(for: .renewal)
    }

    /// Has an auth server asked; ``answered(_:for:)`` is called on the loop.
    private func ask(for purpose: ConnectionAuthorization.Purpose) {
        guard let context, let auth = environment.auth else { return }
        let facts = record.tlsFacts
        let question = AuthQuestion(
            secret: authorization.secret,
            remoteIP: record.remoteHost,
            commonName: facts?.commonName ?? "",
            isTLS: facts != nil
        )
        let eventLoop = context.eventLoop
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        authorization.query = Task {
            let answer: Result<AuthGrant, AuthFailure>
            do throws(AuthFailure) {
                answer = .success(try await auth.ask(question))
            } catch {
                answer = .failure(error)
            }
            eventLoop.execute { handler.value.answered(answer, for: purpose) }
        }
    }

    private func answered(
        _ answer: Result<AuthGrant, AuthFailure>,
        for purpose: ConnectionAuthorization.Purpose
    ) {
        authorization.query = nil
        guard phase == .open else { return }
        record.pumpSignal.attend()
        reader.permitTarget(false)
        do throws(ProtocolError) {
            guard case .success(let grant) = answer else { throw .authFailed }
            switch purpose {
            case .authentication: try authenticated(grant)
            case .renewal: try renewed(grant)
            }
            release(.authorization)
        } catch {
            fail(error)
        }
        settle()
    }

    private func authenticated(_ grant: AuthGrant) throws(ProtocolError) {
        guard grant.authorizationCount > 0 else { throw .noAuthorizations }
        authorization.grant = grant
        record.authorized(by: grant)
        let response = AuthResponse(
            identity: grant.identity,
            identityURL: grant.identityURL,
            permissionCount: grant.authorizationCount
        )
        Frame.writeResponse(response.json.utf8, to: &output.bytes)
        output.hasAnswers = true
        output.mustFlush = true
    }

    private func renewed(_ grant: AuthGrant) throws(ProtocolError) {
        authorization.grant = grant
        record.authorized(by: grant)
        guard let subscription else { return }
        let topic = subscription.topicName.text
        let channel = subscription.channel.name.text
        guard grant.permits(.subscribe, topic: topic, channel: channel) else {
            throw .unauthorized(.subscribe, topic: topic, channel: channel)
        }
    }
}
