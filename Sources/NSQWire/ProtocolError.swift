/// What an error frame says, and whether the connection ends with it.
///
/// The text is bytes and not a `String`, because it echoes what the client sent. Source: `nsqd` spec 1.9.
package struct ProtocolError: Error, Equatable, Sendable {
    /// The word that an error frame starts with.
    package enum Code: String, Sendable {
        /// `E_INVALID`.
        case invalid = "E_INVALID"
        /// `E_BAD_PROTOCOL`, which stands alone in its frame.
        case badProtocol = "E_BAD_PROTOCOL"
        /// `E_BAD_BODY`.
        case badBody = "E_BAD_BODY"
        /// `E_BAD_MESSAGE`.
        case badMessage = "E_BAD_MESSAGE"
        /// `E_BAD_TOPIC`.
        case badTopic = "E_BAD_TOPIC"
        /// `E_BAD_CHANNEL`.
        case badChannel = "E_BAD_CHANNEL"
        /// `E_IDENTIFY_FAILED`.
        case identifyFailed = "E_IDENTIFY_FAILED"
        /// `E_AUTH_DISABLED`.
        case authDisabled = "E_AUTH_DISABLED"
        /// `E_AUTH_FIRST`.
        case authFirst = "E_AUTH_FIRST"
        /// `E_AUTH_FAILED`.
        case authFailed = "E_AUTH_FAILED"
        /// `E_UNAUTHORIZED`.
        case unauthorized = "E_UNAUTHORIZED"
        /// `E_SUB_FAILED`.
        case subscribeFailed = "E_SUB_FAILED"
        /// `E_PUB_FAILED`.
        case publishFailed = "E_PUB_FAILED"
        /// `E_MPUB_FAILED`.
        case publishManyFailed = "E_MPUB_FAILED"
        /// `E_DPUB_FAILED`.
        case publishDeferredFailed = "E_DPUB_FAILED"
        /// `E_FIN_FAILED`; the connection goes on.
        case finishFailed = "E_FIN_FAILED"
        /// `E_REQ_FAILED`; the connection goes on.
        case requeueFailed = "E_REQ_FAILED"
        /// `E_TOUCH_FAILED`; the connection goes on.
        case touchFailed = "E_TOUCH_FAILED"
    }

    /// The code.
    package let code: Code

    /// What follows the code and a space; empty for ``Code/badProtocol``.
    package let text: [UInt8]

    /// Whether the server closes the connection after the frame: always, but for three codes.
    package var isFatal: Bool {
        switch code {
        case .finishFailed, .requeueFailed, .touchFailed:
            false
        case .invalid, .badProtocol, .badBody, .badMessage, .badTopic, .badChannel, .identifyFailed,
            .authDisabled, .authFirst, .authFailed, .unauthorized, .subscribeFailed,
            .publishFailed, .publishManyFailed, .publishDeferredFailed:
            true
        }
    }

    /// The data of the error frame.
    package var data: [UInt8] {
        guard !text.isEmpty || code != .badProtocol else { return Array(code.rawValue.utf8) }
        return Array(code.rawValue.utf8) + [UInt8(ascii: " ")] + text
    }

    /// A text without echoed bytes.
    init(_ code: Code, _ text: String) {
        self.code = code
        self.text = Array(text.utf8)
    }

    /// Bytes of the client that a text echoes; quoting may make four of each.
    static let maximumEcho = 200

    /// A text with bytes of the client in its middle, the first of them.
    init(_ code: Code, _ before: String, _ echo: some Sequence<UInt8>, _ after: String = "") {
        self.code = code
        text = Array(before.utf8) + Array(echo.prefix(4 * Self.maximumEcho)) + Array(after.utf8)
    }
}

extension ProtocolError: CustomStringConvertible {
    /// The frame's data as text for a log; bytes that are no UTF-8 are replaced.
    package var description: String { String(decoding: data, as: UTF8.self) }
}
