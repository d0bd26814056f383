import NSQWire

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

    /// Refuses `request` unless its client may use `route`.
    ///
    /// `outcome` is what an auth server has just answered, `nil` before it was asked.
    ///
    /// - Returns: What an auth server has to be asked first; `nil` when the route may answer.
    func openQuestion(
        of request: HTTPRequest,
        for route: Route,
        _ outcome: Result<AuthGrant, AuthFailure>?
    ) throws(APIError) -> AuthQuestion? {
        let demand = Self.demand(of: route)
        guard let authorizer, !demand.isNone else { return nil }
        guard let question = request.question else { throw .authRequired }
        let grant: AuthGrant
        switch outcome {
        case .success(let answered): grant = answered
        case .failure: throw .authFailed
        case nil:
            guard let known = authorizer.grant(for: question) else { return question }
            grant = known
        }
        guard try demand.isMet(by: grant, for: parameters(of: request)) else {
            throw .unauthorized
        }
        return nil
    }

    /// What the head of a request tells of its body.
    enum Admission {
        /// It may be kept, or is not wanted anyway.
        case admitted
        /// The request will be refused whatever the body is.
        case refused
        /// An auth server is to be asked before any of it is kept.
        case open(AuthQuestion)
    }

    /// Judges a request before its body: whoever is not known has none kept.
    ///
    /// `outcome` is what an auth server has just answered, `nil` before it was asked.
    func admission(
        of request: HTTPRequest,
        _ outcome: Result<AuthGrant, AuthFailure>? = nil
    ) -> Admission {
        guard case .route(let route, option: _) = request.resolution,
            case .keep = bodyPolicy(for: request.resolution)
        else { return .admitted }
        do throws(APIError) {
            return try openQuestion(of: request, for: route, outcome).map { .open($0) } ?? .admitted
        } catch {
            return .refused
        }
    }

    private static func demand(of route: Route) -> Demand {
        switch route {
        case .ping, .live, .ready: .none
        case .identity, .statistics, .metrics, .readOption: .anything
        case .publish, .publishBatch, .createTopic: .permission(.publish)
        case .createChannel, .deleteChannel, .emptyChannel, .pauseChannel, .unpauseChannel:
            .permission(.subscribe)
        case .deleteTopic, .emptyTopic, .pauseTopic, .unpauseTopic:
            .permission([.publish, .subscribe])
        case .writeOption: .everything
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
