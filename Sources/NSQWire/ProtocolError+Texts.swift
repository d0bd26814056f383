/// Every error text of the protocol, in the order of `nsqd` spec 1.9.
extension ProtocolError {
    /// What is echoed of `bytes`: all of what anybody sends who means well.
    private static func start(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.prefix(maximumEcho))
    }

    // MARK: Any command

    /// The first four bytes were not `  V2`.
    package static let badProtocol = Self(.badProtocol, "")

    /// No such command.
    static func unknownCommand(_ name: UnsafeRawBufferPointer) -> Self {
        Self(.invalid, "invalid command ", start(of: name))
    }

    /// The command is refused in the connection's present state.
    static func wrongState(_ command: CommandName) -> Self {
        Self(.invalid, "cannot \(command.text) in current state")
    }

    /// The connection must have TLS first; also said of commands that do not exist.
    static func tlsRequired(_ name: UnsafeRawBufferPointer) -> Self {
        Self(.invalid, "cannot ", start(of: name), " in current state (TLS required)")
    }

    /// Too few parameters; FIN, REQ and TOUCH say `params` where all others say `parameters`.
    static func fewParameters(_ command: CommandName) -> Self {
        let noun =
            switch command {
            case .finish, .requeue, .touch: "params"
            default: "parameters"
            }
        return Self(.invalid, "\(command.text) insufficient number of \(noun)")
    }

    /// A topic name against the grammar; MPUB's text holds the code twice, as the original's does.
    package static func badTopic(_ command: CommandName, _ name: UnsafeRawBufferPointer) -> Self {
        let prefix = command == .publishMany ? "E_BAD_TOPIC " : ""
        return Self(
            .badTopic,
            "\(prefix)\(command.text) topic name ",
            GoQuoted.quote(start(of: name)),
            " is not valid"
        )
    }

    // MARK: Bodies

    /// The input ended before the body's size.
    static func unreadableSize(_ command: CommandName) -> Self {
        bodyError(command, message: "failed to read message body size", "failed to read body size")
    }

    /// A body of 0 or fewer bytes.
    static func invalidSize(_ command: CommandName, _ size: Int32) -> Self {
        bodyError(
            command,
            message: "invalid message body size \(size)",
            "invalid body size \(size)"
        )
    }

    /// A body above its limit.
    static func tooBig(_ command: CommandName, _ size: Int32, limit: Int) -> Self {
        bodyError(
            command,
            message: "message too big \(size) > \(limit)",
            "body too big \(size) > \(limit)"
        )
    }

    /// The input ended inside the body.
    static func shortBody(_ command: CommandName) -> Self {
        bodyError(command, message: "failed to read message body", "failed to read body")
    }

    private static func bodyError(
        _ command: CommandName,
        message: String,
        _ body: String
    ) -> Self {
        switch command {
        case .publish, .publishDeferred:
            Self(.badMessage, "\(command.text) \(message)")
        default:
            Self(.badBody, "\(command.text) \(body)")
        }
    }

    // MARK: IDENTIFY and AUTH

    /// The body is no JSON of the right shape.
    package static let identifyBadJSON = Self(.badBody, "IDENTIFY failed to decode JSON body")

    /// A field of IDENTIFY out of its range; `field` as in `heartbeat interval`.
    static func identifyInvalid(_ field: String, _ value: Int64) -> Self {
        Self(.badBody, "IDENTIFY \(field) (\(value)) is invalid")
    }

    /// Deflate and snappy at once.
    static let identifyBothCompressions = Self(
        .identifyFailed,
        "cannot enable both deflate and snappy compression"
    )

    /// AUTH takes no parameter, not even an empty one.
    static let authParameters = Self(.invalid, "AUTH invalid number of parameters")

    /// No auth server is configured.
    package static let authDisabled = Self(.authDisabled, "AUTH disabled")

    /// The client is authorized already.
    package static let authAlreadySet = Self(.invalid, "AUTH already set")

    /// No auth server gave a valid answer.
    package static let authFailed = Self(.authFailed, "AUTH failed")

    /// The auth server allows the client nothing.
    package static let noAuthorizations = Self(.unauthorized, "AUTH no authorizations found")

    /// A command that needs AUTH before it.
    package static func authFirst(_ command: CommandName) -> Self {
        Self(.authFirst, "AUTH required before \(command.text)")
    }

    /// The auth server does not allow the command; `channel` is empty for a publish.
    package static func unauthorized(
        _ command: CommandName,
        topic: String,
        channel: String
    ) -> Self {
        Self(.unauthorized, "AUTH failed for \(command.text) on \"\(topic)\" \"\(channel)\"")
    }

    // MARK: SUB and RDY

    /// A consumer must answer heartbeats.
    static let subscribeWithoutHeartbeats = Self(.invalid, "cannot SUB with heartbeats disabled")

    /// A channel name against the grammar.
    package static func badChannel(_ name: UnsafeRawBufferPointer) -> Self {
        Self(.badChannel, "SUB channel name ", GoQuoted.quote(start(of: name)), " is not valid")
    }

    /// The broker refused the consumer.
    package static func subscribeFailed(_ reason: String) -> Self {
        Self(.subscribeFailed, "SUB failed \(reason)")
    }

    /// The ephemeral topic or channel went away twice while it was being joined.
    package static let subscribeToDeleted = subscribeFailed("to deleted topic/channel")

    /// RDY with something else than digits.
    static func unparsableCount(_ raw: UnsafeRawBufferPointer) -> Self {
        Self(.invalid, "RDY could not parse count ", start(of: raw))
    }

    /// RDY below 0 or above the limit.
    static func countOutOfRange(_ count: Int64, limit: Int) -> Self {
        Self(.invalid, "RDY count \(count) out of range 0-\(limit)")
    }

    // MARK: FIN, REQ and TOUCH

    /// An id of other than sixteen bytes.
    static let invalidMessageID = Self(.invalid, "invalid message ID")

    /// FIN, REQ or TOUCH of a message that this connection does not hold; not fatal.
    package static func notDone(
        _ command: CommandName,
        _ id: some Sequence<UInt8>,
        _ reason: String
    ) -> Self {
        let code: Code =
            switch command {
            case .requeue: .requeueFailed
            case .touch: .touchFailed
            default: .finishFailed
            }
        return Self(code, "\(command.text) ", id, " failed \(reason)")
    }

    // MARK: PUB, MPUB and DPUB

    /// REQ or DPUB with something else than digits.
    static func unparsableTimeout(_ command: CommandName, _ raw: UnsafeRawBufferPointer) -> Self {
        Self(.invalid, "\(command.text) could not parse timeout ", start(of: raw))
    }

    /// DPUB beyond the longest deferral; both in milliseconds.
    static func deferralOutOfRange(_ timeout: UInt64, limit: Int64) -> Self {
        Self(.invalid, "DPUB timeout \(timeout) out of range 0-\(limit)")
    }

    /// The input ended before MPUB's count.
    static let unreadableMessageCount = Self(.badBody, "MPUB failed to read message count")

    /// MPUB of no, or of too many messages.
    static func invalidMessageCount(_ count: Int32) -> Self {
        Self(.badBody, "MPUB invalid message count \(count)")
    }

    /// The input ended before the size of MPUB's message `index`.
    static func unreadableMessageSize(index: Int) -> Self {
        Self(.badMessage, "MPUB failed to read message(\(index)) body size")
    }

    /// MPUB with a message of 0 or fewer bytes.
    static func invalidMessageSize(index: Int, _ size: Int32) -> Self {
        Self(.badMessage, "MPUB invalid message(\(index)) body size \(size)")
    }

    /// MPUB with a message above its limit.
    static func messageTooBig(_ size: Int32, limit: Int) -> Self {
        Self(.badMessage, "MPUB message too big \(size) > \(limit)")
    }

    /// The input ended inside one of MPUB's messages.
    static let shortMessage = Self(.badMessage, "MPUB failed to read message body")

    /// The broker refused the messages.
    package static func publishFailed(_ command: CommandName, _ reason: String) -> Self {
        let code: Code =
            switch command {
            case .publishMany: .publishManyFailed
            case .publishDeferred: .publishDeferredFailed
            default: .publishFailed
            }
        return Self(code, "\(command.text) failed \(reason)")
    }
}
