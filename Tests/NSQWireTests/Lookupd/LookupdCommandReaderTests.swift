import NSQCore
import NSQWire
import Testing

/// What a peer of nsqlookupd may send, and how it is refused.
@Suite("LookupdCommandReader: protocol V1")
struct LookupdCommandReaderTests {
    private static let json =
        #"{"broadcast_address":"b","tcp_port":1,"http_port":2,"version":"1.3.0","hostname":"h"}"#

    private static func identify(_ json: String, length: Int32? = nil) -> [UInt8] {
        let size = UInt32(bitPattern: length ?? Int32(json.utf8.count))
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * UInt32($0))) }
        return Array("IDENTIFY\n".utf8) + bytes + Array(json.utf8)
    }

    /// Commands and the error that ended them, whatever the pieces the input comes in.
    private func read(
        _ input: [UInt8],
        inPiecesOf size: Int = .max
    ) -> (commands: [LookupdCommand], error: String?) {
        var reader = LookupdCommandReader()
        var commands: [LookupdCommand] = []
        var pending: [UInt8] = []
        var rest = input[...]
        while !rest.isEmpty {
            pending += rest.prefix(size)
            rest = rest.dropFirst(size)
            do throws(LookupdProtocolError) {
                while let (command, count) = try next(pending, &reader) {
                    commands.append(command)
                    pending.removeFirst(count)
                    if pending.isEmpty { break }
                }
            } catch {
                return (commands, "\(error)")
            }
        }
        let complaint = pending.withUnsafeBytes(reader.complaint(atEndOf:))
        return (commands, complaint.map { "\($0)" })
    }

    private func next(
        _ input: [UInt8],
        _ reader: inout LookupdCommandReader
    ) throws(LookupdProtocolError) -> (LookupdCommand, Int)? {
        let outcome = input.withUnsafeBytes { bytes in
            Result { () throws(LookupdProtocolError) in try reader.next(bytes) }
        }
        return try outcome.get().map { ($0.command, $0.byteCount) }
    }

    @Test(arguments: [Int.max, 1, 7])
    func commandsAreReadHoweverTheyArrive(size: Int) throws {
        let input =
            Array("PING\n".utf8) + Self.identify(Self.json)
            + Array("REGISTER t\n  REGISTER t c \r\nUNREGISTER t  \nREGISTER t c more\n".utf8)
        let (commands, error) = read(input, inPiecesOf: size)
        var identity = ProducerIdentity()
        identity.broadcastAddress = "b"
        identity.tcpPort = 1
        identity.httpPort = 2
        identity.version = "1.3.0"
        identity.hostname = "h"
        let topic = try #require(TopicName("t"))
        let channel = try #require(ChannelName("c"))

        #expect(error == nil)
        #expect(
            commands == [
                .ping, .identify(identity), .register(topic, nil), .register(topic, channel),
                .unregister(topic, nil), .register(topic, channel),
            ]
        )
    }

    @Test(arguments: [
        ("NOPE now\n", "E_INVALID invalid command NOPE"), ("\n", "E_INVALID invalid command "),
        ("ping\n", "E_INVALID invalid command ping"),
        ("REGISTER t\n", "E_INVALID client must IDENTIFY"),
        ("UNREGISTER\n", "E_INVALID client must IDENTIFY"),
        ("IDENTIFY\n\u{0}\u{0}", "E_BAD_BODY IDENTIFY failed to read body size"),
        ("IDENTIFY\n", "E_BAD_BODY IDENTIFY failed to read body size"),
        ("IDENTIFY\n\u{0}\u{0}\u{0}\u{5}{}", "E_BAD_BODY IDENTIFY failed to read body"),
    ])
    func beforeIdentifyErrorsAreWorded(input: String, error: String) {
        #expect(read(Array(input.utf8)).error == error)
        #expect(read(Array(input.utf8), inPiecesOf: 1).error == error)
    }

    @Test(arguments: [
        ("IDENTIFY\n", "E_INVALID cannot IDENTIFY again"),
        ("REGISTER\n", "E_INVALID REGISTER insufficient number of params"),
        ("UNREGISTER\n", "E_INVALID UNREGISTER insufficient number of params"),
        ("REGISTER bad$\n", "E_BAD_TOPIC REGISTER topic name 'bad$' is not valid"),
        ("UNREGISTER t bad$\n", "E_BAD_CHANNEL UNREGISTER channel name 'bad$' is not valid"),
        ("REGISTER  t\n", "E_BAD_TOPIC REGISTER topic name '' is not valid"),
    ])
    func behindIdentifyErrorsAreWorded(input: String, error: String) {
        #expect(read(Self.identify(Self.json) + Array(input.utf8)).error == error)
    }

    @Test(arguments: [Int32.min, -1, 16_385, .max])
    func aLengthBeyondTheBoundIsRefusedUnread(length: Int32) {
        let input = Self.identify(Self.json, length: length)
        #expect(read(input).error == "E_BAD_BODY IDENTIFY failed to read body size")
    }

    @Test(arguments: [
        "", "nope", "[]", #"{"tcp_port":"1"}"#, #"{"tcp_port":1.5}"#, #"{"version":1}"#, "{} x",
        #"{"remote_address":7}"#,
    ])
    func whatIsNotTheJSONIsRefused(json: String) {
        #expect(
            read(Self.identify(json)).error == "E_BAD_BODY IDENTIFY failed to decode JSON body"
        )
    }

    @Test(arguments: [
        "{}", "null", #"{"broadcast_address":"b","tcp_port":1,"http_port":2}"#,
        #"{"broadcast_address":"","tcp_port":1,"http_port":2,"version":"1"}"#,
        #"{"broadcast_address":"b","tcp_port":0,"http_port":2,"version":"1"}"#,
    ])
    func missingFieldsAreTold(json: String) {
        #expect(read(Self.identify(json)).error == "E_BAD_BODY IDENTIFY missing fields")
    }

    @Test func textsAndLinesHaveTheirBounds() {
        let long = String(repeating: "x", count: 1025)
        let json = Self.json.replacing(#""b""#, with: "\"\(long)\"")
        #expect(
            read(Self.identify(json)).error == "E_BAD_BODY IDENTIFY failed to decode JSON body"
        )
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 16_384)
        #expect(read(line).error == "E_INVALID command line too long")
        #expect(read(line, inPiecesOf: 1000).error == "E_INVALID command line too long")
        #expect(read(Array(line.dropLast())).error == nil)
        let echo = read(Array(line.dropLast(2)) + [UInt8(ascii: "\n")]).error
        #expect(echo == "E_INVALID invalid command " + String(repeating: "x", count: 512))
    }

    @Test func keysHaveAnyCaseAndTheOriginalsOrderWhenWritten() throws {
        let input = Self.identify(
            #"{"TCP_PORT":-1,"Http_Port":2,"broadcast_address":"<b>","version":"v","more":{}}"#
        )
        guard case .identify(let identity) = read(input).commands.first else {
            Issue.record("no IDENTIFY was read")
            return
        }
        #expect(
            identity.json == #"{"broadcast_address":"\u003cb\u003e","hostname":"","http_port":2,"#
                + #""tcp_port":-1,"topology_region":"","topology_zone":"","version":"v"}"#
        )
    }
}
