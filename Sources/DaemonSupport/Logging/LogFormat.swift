private import FoundationEssentials
import Logging

/// How log lines look: the words of `--log-format`.
package enum LogFormat: String, Sendable, CaseIterable {
    /// NSQ's own lines, see ``LogLine``.
    case text
    /// One JSON object a line, for programs.
    case json

    /// The line with its newline.
    func line(
        prefix: String,
        at moment: LogTimestamp,
        level: NSQLogLevel,
        message: String,
        fields: Logger.Metadata
    ) -> String {
        switch self {
        case .text:
            return LogLine.text(
                prefix: prefix,
                at: moment,
                level: level,
                message: message,
                fields: fields
            )
        case .json:
            var object = fields.mapValues { "\($0)" }
            object["time"] = moment.isoText
            object["level"] = level.word
            object["message"] = message
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // SWALLOW: an object of texts can always be encoded.
            let data = (try? encoder.encode(object)) ?? Data()
            return Self.escaped(String(decoding: data, as: UTF8.self)) + "\n"
        }
    }

    /// `json` with everything beyond ASCII escaped that a terminal could take for a command, as ``LogLine`` does.
    private static func escaped(_ json: String) -> String {
        if json.utf8.allSatisfy({ $0 < 0x7F }) { return json }
        var result = ""
        for scalar in json.unicodeScalars {
            if scalar.value < 0x7F || GoQuotedText.isPrintable(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            }
        }
        return result
    }
}
