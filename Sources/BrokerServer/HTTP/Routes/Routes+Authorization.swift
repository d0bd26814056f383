import NSQWire
import ServerSupport

extension Routes {
    /// What a client must be allowed for a route to answer it, with `--http-auth`.
    fileprivate enum Demand {
        /// Nothing.
        case none
        /// Something, whatever it is.
        case anything
        /// This on the topic and the channel of the query, in one authorization.
        case permission(AuthAnswer.Permissions)
        /// Both permissions on names of any kind, so also on the empty one.
        case everything
    }

    func admission(of request: HTTPRequest, for route: Route) -> HTTPAdmission {
        guard let limit = bodyLimit(for: route) else { return .discard }
        do throws(APIError) {
            // Whoever is not known to be allowed has no body kept.
            guard let question = try openQuestion(of: request, for: route) else {
                return .keep(limit: limit)
            }
            return .later { [self] proceed in
                authorize(question) { outcome in
                    do throws(APIError) {
                        _ = try self.openQuestion(of: request, for: route, outcome)
                        proceed(.keep(limit: limit))
                    } catch {
                        proceed(.refused(error.reply))
                    }
                }
            }
        } catch {
            return .refused(error.reply)
        }
    }

    /// Refuses `request` unless its client may use `route`.
    ///
    /// `outcome` is what an auth server has just answered, `nil` before it was asked.
    ///
    /// - Returns: What an auth server has to be asked first; `nil` when the route may answer.
    func openQuestion(
        of request: HTTPRequest,
        for route: Route,
        _ outcome: Result<AuthGrant, AuthFailure>? = nil
    ) throws(APIError) -> AuthQuestion? {
        let demand = Self.demand(of: route)
        guard let authorizer, !demand.isNone else { return nil }
        let grant: AuthGrant
        switch outcome {
        case .success(let answered): grant = answered
        case .failure: throw .authFailed
        case nil:
            guard let question = question(about: request) else { throw .authRequired }
            guard let known = authorizer.grant(for: question) else { return question }
            grant = known
        }
        guard try demand.isMet(by: grant, for: request.parameters()) else {
            throw .unauthorized
        }
        return nil
    }

    private static func demand(of route: Route) -> Demand {
        switch route {
        case .ping, .live, .ready: .none
        case .identity, .statistics, .metrics, .readOption, .readMetadata: .anything
        case .publish, .publishBatch, .createTopic: .permission(.publish)
        case .createChannel, .deleteChannel, .emptyChannel, .pauseChannel, .unpauseChannel:
            .permission(.subscribe)
        case .deleteTopic, .emptyTopic, .pauseTopic, .unpauseTopic:
            .permission([.publish, .subscribe])
        case .writeOption, .writeMetadata: .everything
        }
    }
}

extension Routes.Demand {
    fileprivate var isNone: Bool { if case .none = self { true } else { false } }

    fileprivate func isMet(by grant: AuthGrant, for query: QueryParameters) -> Bool {
        switch self {
        case .none:
            true
        case .anything:
            grant.authorizationCount > 0
        case .permission(let permission):
            grant.permits(
                permission,
                topic: query["topic"] ?? "",
                channel: query["channel"] ?? ""
            )
        case .everything:
            grant.permits([.publish, .subscribe], topic: "", channel: "")
        }
    }
}
