import Broker
import DiskQueue
import Logging
import NIOCore
import ServerSupport

extension Routes {
    /// GET `/metadata`: the document of what there is, in the form that the query or `Accept` asks for.
    func readMetadata(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let parameters = try request.parameters()
        let form: MetadataForm
        if let word = parameters["format"] {
            guard let asked = MetadataForm(rawValue: word) else { throw .invalidValue }
            form = asked
        } else {
            form = request.accepts(mediaType: "application/toml") ? .toml : .json
        }
        return .blocking { [broker] in
            let text = broker.metadataDocument.text(
                form,
                exportedMilliseconds: WallClock.seconds * 1000
            )
            return HTTPReply(
                status: 200,
                contentType: form == .toml ? .toml : .json,
                body: ByteBuffer(string: text)
            )
        }
    }

    /// PUT `/metadata`: makes topics and channels what the body says; all of it is judged first.
    func writeMetadata(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let parameters = try request.parameters()
        guard !request.isBodyTooLong else { throw .bodyTooBig }
        guard let mode = MetadataDifference.Mode(rawValue: parameters["mode"] ?? "merge"),
            let isDryRun = Self.flag("dry_run", in: parameters),
            let discards = Self.flag("discard_messages", in: parameters)
        else { throw .invalidValue }
        var form: MetadataForm?
        if let word = parameters["format"] {
            guard let told = MetadataForm(rawValue: word) else { throw .invalidValue }
            form = told
        }
        let body = request.body
        return .blocking { [broker, logger, form] in
            let wanted: MetadataDocument.Outcome
            do throws(DiskQueueError) {
                wanted = try MetadataDocument.read(
                    Array(body.readableBytesView),
                    as: form,
                    source: "the document"
                )
            } catch {
                return Self.refusal(400, "INVALID_DOCUMENT", error.message)
            }
            for warning in wanted.warnings { logger.warning("\(warning)") }
            let difference = MetadataDifference(
                from: broker.metadataDocument,
                to: wanted.document,
                mode: mode
            )
            if isDryRun { return Self.reply(difference, isApplied: false) }
            if let loss = difference.loss, !discards {
                let reason = "\(loss): repeat with discard_messages=true, or finish them first"
                return Self.refusal(409, "MESSAGES_WAITING", reason, difference)
            }
            do throws(BrokerError) {
                try broker.apply(difference)
            } catch {
                return APIError(administering: error).reply
            }
            return Self.reply(difference, isApplied: true)
        }
    }

    /// `true` or `false`, which is also what a missing one means; `nil` for any other word.
    private static func flag(_ name: String, in parameters: QueryParameters) -> Bool? {
        switch parameters[name] {
        case nil, "false": false
        case "true": true
        default: nil
        }
    }

    private static func reply(_ difference: MetadataDifference, isApplied: Bool) -> HTTPReply {
        HTTPReply(
            status: 200,
            contentType: .json,
            body: ByteBuffer(string: difference.json(isApplied: isApplied))
        )
    }

    private static func refusal(
        _ status: Int,
        _ code: String,
        _ reason: String,
        _ difference: MetadataDifference? = nil
    ) -> HTTPReply {
        var json = JSONWriter()
        json.beginObject()
        json.key("message")
        json.value(code)
        json.key("reason")
        json.value(reason)
        if let difference {
            json.key("difference")
            json.encoded(Array(difference.json(isApplied: false).utf8))
        }
        json.endObject()
        return HTTPReply(status: status, contentType: .json, body: json.bytes)
    }
}
