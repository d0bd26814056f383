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
        var line = "\(prefix)\(moment.text) \(level.label): "
        line += escaped(message)
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(escaped(key))=\(fieldText(value))"
        }
        return line + "\n"
    }

    private static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        var result = ""
        for scalar in text.unicodeScalars { GoQuotedText.append(scalar, to: &result) }
        return result
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
