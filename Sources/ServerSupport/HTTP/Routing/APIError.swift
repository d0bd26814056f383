private import NIOCore

/// Every refusal of the HTTP APIs: one case for each status and code.
///
/// Source: `nsqd` spec 4.2, `nsqlookupd` spec 7.2.
package enum APIError: Error {
    case invalidRequest
    case missingTopic
    case invalidTopic
    case invalidTopicArgument
    case missingChannel
    case invalidChannelArgument
    case missingNode
    case invalidDeferral
    case invalidOption
    case invalidValue
    case messageEmpty
    case authRequired
    case authFailed
    case unauthorized
    case foreignPage
    case misdirected
    case topicNotFound
    case channelNotFound
    case notFound
    case methodNotAllowed
    case bodyTooBig
    case messageTooBig
    case badBody
    case badMessage
    case valueTooBig
    case internalError
    case exiting
    case tooManyRegistrations

    /// The HTTP status.
    package var status: Int {
        switch self {
        case .invalidRequest, .missingTopic, .invalidTopic, .invalidTopicArgument,
            .missingChannel, .invalidChannelArgument, .missingNode, .invalidDeferral,
            .invalidOption,
            .invalidValue, .messageEmpty:
            400
        case .authRequired: 401
        case .authFailed, .unauthorized, .foreignPage: 403
        case .misdirected: 421
        case .topicNotFound, .channelNotFound, .notFound: 404
        case .methodNotAllowed: 405
        case .bodyTooBig, .messageTooBig, .badBody, .badMessage, .valueTooBig: 413
        case .internalError: 500
        case .exiting, .tooManyRegistrations: 503
        }
    }

    /// The value of `message` in the body.
    package var code: StaticString {
        switch self {
        case .invalidRequest: "INVALID_REQUEST"
        case .missingTopic: "MISSING_ARG_TOPIC"
        case .invalidTopic: "INVALID_TOPIC"
        case .invalidTopicArgument: "INVALID_ARG_TOPIC"
        case .missingChannel: "MISSING_ARG_CHANNEL"
        case .invalidChannelArgument: "INVALID_ARG_CHANNEL"
        case .missingNode: "MISSING_ARG_NODE"
        case .invalidDeferral: "INVALID_DEFER"
        case .invalidOption: "INVALID_OPTION"
        case .invalidValue, .valueTooBig: "INVALID_VALUE"
        case .messageEmpty: "MSG_EMPTY"
        case .authRequired: "AUTH_REQUIRED"
        case .authFailed: "AUTH_FAILED"
        case .unauthorized: "UNAUTHORIZED"
        case .foreignPage: "FOREIGN_PAGE"
        case .misdirected: "MISDIRECTED_REQUEST"
        case .topicNotFound: "TOPIC_NOT_FOUND"
        case .channelNotFound: "CHANNEL_NOT_FOUND"
        case .notFound: "NOT_FOUND"
        case .methodNotAllowed: "METHOD_NOT_ALLOWED"
        case .bodyTooBig: "BODY_TOO_BIG"
        case .messageTooBig: "MSG_TOO_BIG"
        case .badBody: "BAD_BODY"
        case .badMessage: "BAD_MESSAGE"
        case .internalError: "INTERNAL_ERROR"
        case .exiting: "EXITING"
        case .tooManyRegistrations: "TOO_MANY_REGISTRATIONS"
        }
    }

    /// The whole answer.
    package var reply: HTTPReply {
        var body = ByteBuffer()
        body.writeStaticString(#"{"message":""#)
        body.writeStaticString(code)
        body.writeStaticString(#""}"#)
        var reply = HTTPReply(status: status, contentType: .json, body: body)
        reply.asksForSecret = self == .authRequired
        return reply
    }
}
