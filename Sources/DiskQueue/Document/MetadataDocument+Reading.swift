internal import NSQCore

extension MetadataDocument {
    /// Larger documents are refused unread; ten thousand topics of four channels make three mebibytes.
    package static let maximumBytes = 64 << 20

    /// What was read.
    package struct Outcome: Sendable, Equatable {
        /// The document.
        package var document: MetadataDocument
        /// The form that it had.
        package var form: MetadataForm
        /// One line for each entry of an `nsqd.dat` that was left out.
        package var warnings: [String] = []
    }

    /// Reads a document.
    ///
    /// Without `form` the content tells which one it is. An `nsqd.dat` is read as leniently as by the original; the
    /// other forms are refused for anything that is not as it should be, so that a slip changes nothing.
    ///
    /// `source`: what an error calls the document.
    ///
    /// - Throws: `.corrupt`, with the line and the place.
    package static func read(
        _ bytes: [UInt8],
        as form: MetadataForm?,
        source: String,
        maximumBytes: Int = maximumBytes
    ) throws(DiskQueueError) -> Outcome {
        guard bytes.count <= maximumBytes else {
            throw refusal(source, "it has more than \(maximumBytes) bytes")
        }
        do throws(DocumentReader.Flaw) {
            switch form {
            case .json: return try readOwn(.json, bytes)
            case .toml: return try readOwn(.toml, bytes)
            case .nsqdDat: break
            case nil where !beginsWithBrace(bytes): return try readOwn(.toml, bytes)
            case nil:
                if try !isNSQDDat(bytes) { return try readOwn(.json, bytes) }
            }
        } catch {
            throw refusal(source, "line \(error.line): \(error.reason)")
        }
        return try readNSQDDat(bytes, source: source)
    }

    private static func readOwn(
        _ notation: DocumentReader.Notation,
        _ bytes: [UInt8]
    ) throws(DocumentReader.Flaw) -> Outcome {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw DocumentReader.Flaw(line: 1, reason: "it is no UTF-8")
        }
        let fields = DocumentFields(try DocumentReader.read(bytes, as: notation))
        return Outcome(
            document: try MetadataDocument(fields),
            form: notation == .json ? .json : .toml
        )
    }

    private static func readNSQDDat(
        _ bytes: [UInt8],
        source: String
    ) throws(DiskQueueError) -> Outcome {
        let outcome = try NSQDDatParser.parse(bytes, path: source)
        let named = outcome.document.topics.flatMap { topic in
            topic.name.isEphemeral
                ? ["topic \(topic.name)"]
                : topic.channels.filter(\.name.isEphemeral).map {
                    "channel \(topic.name)/\($0.name)"
                }
        }
        return Outcome(
            document: MetadataDocument(outcome.document),
            form: .nsqdDat,
            warnings: outcome.warnings + named.map { "leaving out ephemeral \($0)" }
        )
    }

    private static func beginsWithBrace(_ bytes: [UInt8]) -> Bool {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        let first = text.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        return first == UInt8(ascii: "{")
    }

    /// Whether a JSON document is an `nsqd.dat`: it lists topics and names no format.
    ///
    /// - Throws: what is wrong with it when it is neither.
    private static func isNSQDDat(_ bytes: [UInt8]) throws(DocumentReader.Flaw) -> Bool {
        let fields: [String: DocumentNode]
        do throws(DocumentReader.Flaw) {
            fields = try DocumentReader.read(bytes, as: .json).fields
        } catch {
            // The original's reader takes what a strict one refuses.
            let name = Array("\"format\"".utf8)
            if bytes.firstRange(of: name) == nil { return true }
            throw error
        }
        if fields["format"] != nil { return false }
        guard fields["topics"] != nil else {
            throw DocumentReader.Flaw(
                line: 1,
                reason: "it has neither \"format\" nor \"topics\", so it is no document of topics"
            )
        }
        return true
    }

    private static func refusal(_ source: String, _ reason: String) -> DiskQueueError {
        DiskQueueError(.corrupt, "cannot read \(source): \(reason)")
    }
}

extension MetadataDocument {
    /// Reads the fields of the project's own form.
    fileprivate init(_ root: DocumentFields) throws(DocumentReader.Flaw) {
        // A newer version may have fields that this one does not know: it is judged first.
        guard try root.text("format") == Self.formatName else {
            throw root.flaw("format", "is not \"\(Self.formatName)\"")
        }
        let version = try root.number("version")
        guard version == Self.version else {
            throw root.flaw(
                "version",
                version > Self.version
                    ? "is \(version), newer than this program knows (\(Self.version))"
                    : "is no version"
            )
        }
        try root.allow(["format", "version", "exported_ms", "topics"])
        _ = try root.optionalNumber("exported_ms")
        topics = []
        var names: Set<TopicName> = []
        for entry in try root.tables("topics") {
            let topic = try Topic(entry)
            guard names.insert(topic.name).inserted else {
                throw entry.flaw("name", "\(topic.name) is given to two topics")
            }
            topics.append(topic)
        }
    }
}

extension MetadataDocument.Topic {
    /// A moment beyond the year 9999 is a slip.
    private static let latestMilliseconds: Int64 = 253_402_300_799_999

    fileprivate init(_ entry: DocumentFields) throws(DocumentReader.Flaw) {
        try entry.allow(["name", "paused", "created_ms", "depth", "channels"])
        let text = try entry.text("name")
        guard let name = TopicName(text) else {
            throw entry.flaw("name", "\(DocumentReader.printable(text)) is no topic name")
        }
        guard !name.isEphemeral else {
            throw entry.flaw("name", "\(name) is ephemeral, and never part of a store")
        }
        let created = try entry.optionalNumber("created_ms")
        if let created, !(0...Self.latestMilliseconds).contains(created) {
            throw entry.flaw("created_ms", "\(created) is no time in milliseconds since 1970")
        }
        _ = try entry.optionalNumber("depth")
        self.init(
            name: name,
            isPaused: try entry.flag("paused"),
            createdMilliseconds: created,
            channels: []
        )
        var names: Set<ChannelName> = []
        for entry in try entry.optionalTables("channels") {
            let channel = try MetadataDocument.Channel(entry)
            guard names.insert(channel.name).inserted else {
                throw entry.flaw("name", "\(channel.name) is given to two channels")
            }
            channels.append(channel)
        }
    }
}

extension MetadataDocument.Channel {
    fileprivate init(_ entry: DocumentFields) throws(DocumentReader.Flaw) {
        try entry.allow(["name", "paused", "depth", "deferred"])
        let text = try entry.text("name")
        guard let name = ChannelName(text) else {
            throw entry.flaw("name", "\(DocumentReader.printable(text)) is no channel name")
        }
        guard !name.isEphemeral else {
            throw entry.flaw("name", "\(name) is ephemeral, and never part of a store")
        }
        _ = try entry.optionalNumber("depth")
        _ = try entry.optionalNumber("deferred")
        self.init(name: name, isPaused: try entry.flag("paused"))
    }
}
