private import FoundationEssentials
import Logging
import NIOCore
import ServerSupport
private import Synchronization

extension Routes {
    /// GET `/config/<option>`.
    ///
    /// Source: `nsqd` spec 4.6.
    func readOption(_ name: String) throws(APIError) -> HTTPReply {
        guard let value = options.withLock({ $0[name] }) else { throw .invalidOption }
        return Self.reply(showing: value)
    }

    /// PUT `/config/<option>`: changes the running server, not what it is started with next time.
    ///
    /// The body is checked before the option, as the original does.
    func writeOption(_ name: String, _ request: HTTPRequest) throws(APIError) -> HTTPReply {
        guard !request.isBodyTooLong, request.body.readableBytes > 0 else { throw .valueTooBig }
        let value: OptionValue
        switch name {
        case "log_level":
            let word = String(buffer: request.body)
            guard let level = LogLevelSetting(word: word) else { throw .invalidValue }
            setLogLevel(level.loggerLevel)
            value = .number(level.number)
        case "nsqlookupd_tcp_addresses":
            guard let addresses = Self.stringList(request.body) else { throw .invalidValue }
            setLookupdAddresses(addresses)
            value = .list(addresses)
        default:
            throw .invalidOption
        }
        options.withLock { $0[name] = value }
        return Self.reply(showing: value)
    }

    private static func reply(showing value: OptionValue) -> HTTPReply {
        var json = JSONWriter()
        switch value {
        case .text(let text):
            return HTTPReply(status: 200, contentType: .text, body: ByteBuffer(string: text))
        case .number(let number):
            json.value(number)
        case .boolean(let flag):
            json.value(flag)
        case .list(let texts):
            json.beginArray()
            for text in texts { json.value(text) }
            json.endArray()
        case .numbers(let numbers):
            json.beginArray()
            for number in numbers { json.value(number) }
            json.endArray()
        }
        return HTTPReply(status: 200, contentType: .json, body: json.bytes)
    }

    /// A JSON array of strings; `null` is an empty one.
    private static func stringList(_ body: ByteBuffer) -> [String]? {
        let bytes = Data(body.readableBytesView)
        do {
            return try JSONDecoder().decode([String]?.self, from: bytes) ?? []
        } catch {
            return nil
        }
    }
}
