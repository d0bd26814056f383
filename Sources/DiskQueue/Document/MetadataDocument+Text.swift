/// The forms in which a document is written and read.
package enum MetadataForm: String, Sendable, CaseIterable {
    /// The project's own, as JSON.
    case json
    /// The same as TOML.
    case toml
    /// The original daemon's `nsqd.dat`, which knows names and pauses only.
    case nsqdDat = "nsqd.dat"
}

extension MetadataDocument {
    /// What the field `format` says.
    static let formatName = "swift-nsq metadata"
    /// The version that is written, and the newest that is read.
    static let version: Int64 = 1

    /// The document in `form`, ended by a line end but for an `nsqd.dat`, which has none.
    ///
    /// `exportedMilliseconds`: now, since the Unix epoch.
    package func text(_ form: MetadataForm, exportedMilliseconds: Int64) -> String {
        switch form {
        case .json: json(exportedMilliseconds)
        case .toml: toml(exportedMilliseconds)
        case .nsqdDat: nsqdDat.text
        }
    }

    // Names need no escapes in either notation.

    private func json(_ exported: Int64) -> String {
        let topics = topics.map { topic in
            var line = #"    {"name": "\#(topic.name)", "paused": \#(topic.isPaused)"#
            if let created = topic.createdMilliseconds { line += #", "created_ms": \#(created)"# }
            if let depth = topic.depth { line += #", "depth": \#(depth)"# }
            let channels = topic.channels.map { channel in
                var line = #"      {"name": "\#(channel.name)", "paused": \#(channel.isPaused)"#
                if let depth = channel.depth { line += #", "depth": \#(depth)"# }
                if let count = channel.deferredCount { line += #", "deferred": \#(count)"# }
                return line + "}"
            }
            let list =
                channels.isEmpty ? "[]" : "[\n\(channels.joined(separator: ",\n"))\n    ]"
            return line + #", "channels": \#(list)}"#
        }
        let list = topics.isEmpty ? "[]" : "[\n\(topics.joined(separator: ",\n"))\n  ]"
        return """
            {
              "format": "\(Self.formatName)",
              "version": \(Self.version),
              "exported_ms": \(exported),
              "topics": \(list)
            }

            """
    }

    private func toml(_ exported: Int64) -> String {
        var text = """
            format = "\(Self.formatName)"
            version = \(Self.version)
            exported_ms = \(exported)

            """
        // An array of tables without a table has to be written as a value.
        if topics.isEmpty { text += "topics = []\n" }
        for topic in topics {
            text += "\n[[topics]]\nname = \"\(topic.name)\"\npaused = \(topic.isPaused)\n"
            if let created = topic.createdMilliseconds { text += "created_ms = \(created)\n" }
            if let depth = topic.depth { text += "depth = \(depth)\n" }
            for channel in topic.channels {
                text += "\n[[topics.channels]]\nname = \"\(channel.name)\"\n"
                text += "paused = \(channel.isPaused)\n"
                if let depth = channel.depth { text += "depth = \(depth)\n" }
                if let count = channel.deferredCount { text += "deferred = \(count)\n" }
            }
        }
        return text
    }
}
