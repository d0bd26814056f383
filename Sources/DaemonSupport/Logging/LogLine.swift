package import Logging

/// One line of NSQ's log: `<prefix>YYYY/MM/DD HH:MM:SS.uuuuuu <LEVEL>: <text> key=value`.
///
/// Text and fields may come from a peer. Everything unprintable in them is escaped, so that no peer
/// can forge a line or steer a terminal; the prefix comes from the operator and is written as it
/// is. Source: `nsqd` spec 5.5.
package enum LogLine {
    /// The line with its newline; fields are sorted by key.
    package static func text(
        prefix: String,
        at moment: LogTimestamp,
        level: NSQLogLevel,
        message: String,
        fields: Logger.Metadata = [:]
    ) -> String {
        var line = prefix
        line.reserveCapacity(prefix.utf8.count + message.utf8.count + 48)
        line += moment.text
        line += " "
        line += level.label
        line += ": "
        line += escaped(message)
        if !fields.isEmpty { append(fields, to: &line) }
        line += "\n"
        return line
    }

    private static func append(_ fields: Logger.Metadata, to line: inout String) {
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(escaped(key))=\(fieldText(value))"
        }
    }

    private static func escaped(_ text: String) -> String {
        if isPlain(text) { return text }
        var result = ""
        for scalar in text.unicodeScalars { GoQuotedText.append(scalar, to: &result) }
        return result
    }

    /// Whether there is nothing to escape: printable ASCII, and the `µ` that short durations have.
    private static func isPlain(_ text: String) -> Bool {
        var last: UInt8 = 0
        return text.utf8.allSatisfy { byte in
            defer { last = byte }
            return (0x20...0x7e).contains(byte) || byte == 0xC2 || (last == 0xC2 && byte == 0xB5)
        }
    }

    /// Quoted where a bare value could be taken for two fields.
    private static func fieldText(_ value: Logger.MetadataValue) -> String {
        let text = "\(value)"
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy {
                (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
            }
        return isPlain ? text : GoQuotedText.quote(text)
    }
}
