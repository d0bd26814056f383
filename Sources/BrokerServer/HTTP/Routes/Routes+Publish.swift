import Broker
import Logging
import NIOCore
import NSQCore
import NSQWire
import ServerSupport

extension Routes {
    /// `/pub`: the body is one message.
    func publishMessage(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        guard !request.isBodyTooLong else { throw .messageTooBig }
        guard request.body.readableBytes > 0 else { throw .messageEmpty }
        let parameters = try request.parameters()
        let name = try topicName(in: parameters)
        let deferral = try deferral(in: parameters)
        let outcome = request.body.withUnsafeReadableBytes { bytes in
            // SAFETY: both pointers are used inside these closures only; publish copies the bytes.
            withUnsafePointer(to: bytes) { body in
                publish(UnsafeBufferPointer(start: body, count: 1), deferral, to: name)
            }
        }
        return Self.answer(try outcome.get())
    }

    /// `/mpub`: the body is many messages, as lines or in binary form.
    ///
    /// The topic is made before the body is looked at, as the original does: an empty or a bad body
    /// leaves an empty topic.
    func publishBatch(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        guard !request.isBodyTooLong else { throw .bodyTooBig }
        let parameters = try request.parameters()
        let name = try topicName(in: parameters)
        let isBinary = isBinary(parameters)
        do throws(BrokerError) {
            _ = try broker.topic(name)
        } catch {
            throw APIError(publishing: error)
        }
        let outcome = request.body.withUnsafeReadableBytes { bytes in
            // SAFETY: the slices point into `bytes` and are used inside this closure only; publish
            // copies them.
            publishBatch(bytes, isBinary: isBinary, to: name)
        }
        return Self.answer(try outcome.get())
    }

    /// Publishes without deferral what `bytes` holds, all of it or nothing.
    private func publishBatch(
        _ bytes: UnsafeRawBufferPointer,
        isBinary: Bool,
        to name: TopicName
    ) -> Result<CommitTicket?, APIError> {
        let messages: [UnsafeRawBufferPointer]
        let maximumMessageBytes = configuration.maximumMessageBytes
        do throws(PublishBody.Defect) {
            messages =
                isBinary
                ? try PublishBody.messages(
                    of: bytes,
                    maximumMessageBytes: maximumMessageBytes,
                    maximumBodyBytes: configuration.maximumBodyBytes
                )
                : try PublishBody.lines(of: bytes, maximumMessageBytes: maximumMessageBytes)
        } catch {
            switch error {
            case .badCount: return .failure(.badBody)
            case .badMessage: return .failure(.badMessage)
            case .lineTooLong: return .failure(.messageTooBig)
            }
        }
        guard !messages.isEmpty else { return .success(nil) }
        return messages.withUnsafeBufferPointer { publish($0, 0, to: name) }
    }

    /// Publishes to the topic as it is now, and once more if it was deleted in between.
    private func publish(
        _ bodies: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        _ deferral: Int64,
        to name: TopicName
    ) -> Result<CommitTicket?, APIError> {
        do throws(BrokerError) {
            let topic = try broker.topic(name)
            do throws(BrokerError) {
                return .success(try topic.publish(bodies, deferral: deferral))
            } catch {
                guard topic.isExiting, !broker.isExiting else { throw error }
                return .success(try broker.topic(name).publish(bodies, deferral: deferral))
            }
        } catch {
            return .failure(APIError(publishing: error))
        }
    }

    private static func answer(_ ticket: CommitTicket?) -> HTTPAnswer {
        guard let ticket else { return .reply(.ok) }
        return .later { proceed in
            ticket.whenDurable { error in
                proceed(.reply(error.map { APIError(publishing: $0).reply } ?? .ok))
            }
        }
    }

    /// The name in the parameter `topic`, for the routes that make the topic.
    func topicName(in parameters: QueryParameters) throws(APIError) -> TopicName {
        guard let text = parameters["topic"] else { throw .missingTopic }
        guard let name = TopicName(text) else { throw .invalidTopic }
        return name
    }

    /// The parameter `defer`, milliseconds up to `--max-req-timeout`, in nanoseconds; 0 without it.
    private func deferral(in parameters: QueryParameters) throws(APIError) -> Int64 {
        guard let text = parameters["defer"] else { return 0 }
        let maximum = configuration.maximumRequeueTimeout.wholeNanoseconds
        guard let milliseconds = Int64(text) else { throw .invalidDeferral }
        let (nanoseconds, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflows, nanoseconds >= 0, nanoseconds <= maximum else {
            throw .invalidDeferral
        }
        return nanoseconds
    }

    /// The parameter `binary`: any value that is no known one counts as true, with a warning.
    private func isBinary(_ parameters: QueryParameters) -> Bool {
        switch parameters["binary"] {
        case nil, "false", "0": return false
        case "true", "1": return true
        case let value?:
            let shown = PrintableText.singleLine(value)
            logger.warning("deprecated value '\(shown)' used for /mpub binary param")
            return true
        }
    }
}
