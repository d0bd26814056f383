/// Why nsqlookupd ends a connection; the body of the last frame.
///
/// Source: `nsqlookupd` spec 4.
package struct LookupdProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The body as it goes out; what the peer sent is quoted as it came, up to 512 bytes.
    package let body: [UInt8]

    /// The body as text.
    package var description: String { String(decoding: body, as: UTF8.self) }

    /// Bytes of what a peer sent that it gets back.
    private static let maximumEcho = 512

    private init(_ text: String, _ quoted: some Collection<UInt8> = [], _ end: String = "") {
        body = Array(text.utf8) + quoted.prefix(Self.maximumEcho) + Array(end.utf8)
    }

    /// Any magic but `"  V1"`.
    package static let badMagic = Self("E_BAD_PROTOCOL")
    /// REGISTER or UNREGISTER before IDENTIFY.
    package static let notIdentified = Self("E_INVALID client must IDENTIFY")
    /// A second IDENTIFY.
    package static let identifiedAlready = Self("E_INVALID cannot IDENTIFY again")
    /// A line beyond ``LookupdLimits/lineBytes``; the original has no limit.
    package static let lineTooLong = Self("E_INVALID command line too long")
    /// IDENTIFY's length is missing, negative or beyond ``LookupdLimits/bodyBytes``.
    package static let badBodySize = Self("E_BAD_BODY IDENTIFY failed to read body size")
    /// The input ended inside IDENTIFY's body.
    package static let bodyCutOff = Self("E_BAD_BODY IDENTIFY failed to read body")
    /// IDENTIFY's body is not the JSON that is expected, or a text in it is too long.
    package static let badBody = Self("E_BAD_BODY IDENTIFY failed to decode JSON body")
    /// A field that must be there is empty or 0.
    package static let missingFields = Self("E_BAD_BODY IDENTIFY missing fields")
    /// The producer has as many registrations as one may have, or all have together.
    package static let tooManyRegistrations = Self("E_INVALID REGISTER too many registrations")

    /// A word that is no command.
    static func unknownCommand(_ word: some Collection<UInt8>) -> Self {
        Self("E_INVALID invalid command ", word)
    }

    /// A command without its topic.
    static func tooFewParameters(_ command: StaticString) -> Self {
        Self("E_INVALID \(command) insufficient number of params")
    }

    /// A topic's name that is none.
    static func badTopic(_ command: StaticString, _ name: some Collection<UInt8>) -> Self {
        Self("E_BAD_TOPIC \(command) topic name '", name, "' is not valid")
    }

    /// A channel's name that is none.
    static func badChannel(_ command: StaticString, _ name: some Collection<UInt8>) -> Self {
        Self("E_BAD_CHANNEL \(command) channel name '", name, "' is not valid")
    }
}
