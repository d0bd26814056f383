/// One value of a report, as programs and as people read it.
enum Cell {
    /// A name, or other text.
    case text(String)
    /// A count.
    case count(UInt64)
    /// A number of bytes.
    case bytes(UInt64)
    /// Yes or no.
    case flag(Bool)
    /// A moment, milliseconds since the Unix epoch.
    case time(Int64)
    /// A time that passed, milliseconds.
    case age(Int64)
    /// Several texts.
    case list([String])
    /// Values by name.
    case members([(name: String, value: Cell)])
    /// Nothing to tell.
    case none
}

extension Cell {
    /// The value in JSON: times as numbers, in the unit that the column's name ends with.
    var json: String {
        switch self {
        case .text(let text): JSONText.quoted(text)
        case .count(let count), .bytes(let count): "\(count)"
        case .flag(let flag): "\(flag)"
        case .time(let milliseconds), .age(let milliseconds): "\(milliseconds)"
        case .list(let texts): "[\(texts.map(JSONText.quoted).joined(separator: ","))]"
        case .members(let members):
            "{\(members.map { "\(JSONText.quoted($0.name)):\($0.value.json)" }.joined(separator: ","))}"
        case .none: "null"
        }
    }

    /// The value in CSV (RFC 4180), where nothing is empty.
    var csv: String {
        let text =
            switch self {
            case .text(let text): text
            case .list(let texts): texts.joined(separator: "; ")
            case .members: human
            case .none: ""
            case .count, .bytes, .flag, .time, .age: json
            }
        // By scalars: a character may be a comma with a mark on it.
        let special: Set<Unicode.Scalar> = [",", "\"", "\r", "\n"]
        guard text.unicodeScalars.contains(where: special.contains) else { return text }
        var quoted = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars {
            quoted.append(scalar)
            if scalar == "\"" { quoted.append(scalar) }
        }
        quoted.append("\"")
        return String(quoted)
    }

    /// The value as a person reads it, without what would move the cursor.
    var human: String {
        switch self {
        case .text(let text): PrintableText.of(text)
        case .count(let count): "\(count)"
        case .bytes(let count): HumanFigure.bytes(count)
        case .flag(let flag): flag ? "yes" : "no"
        case .time(let milliseconds): HumanFigure.time(milliseconds)
        case .age(let milliseconds): HumanFigure.age(milliseconds)
        case .list(let texts): texts.map(PrintableText.of).joined(separator: ", ")
        case .members(let members):
            members.map { "\(PrintableText.of($0.name)): \($0.value.human)" }.joined(
                separator: ", "
            )
        case .none: "-"
        }
    }

    /// Whether people find it easier to compare when it ends where its column ends.
    var isFigure: Bool {
        switch self {
        case .count, .bytes, .age: true
        case .text, .flag, .time, .list, .members, .none: false
        }
    }
}
