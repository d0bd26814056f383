import ArgumentParser
import Foundation

/// The forms in which a body is shown.
enum BodyForm: String, CaseIterable, ExpressibleByArgument {
    /// As text, what a terminal would obey as escapes; base64 where it is no UTF-8 and a program reads.
    case text
    /// As indented JSON where it is JSON, as text elsewhere.
    case json
    /// As a dump of its bytes.
    case hex
    /// As base64.
    case base64
    /// As it is, and nothing else.
    case raw
    /// Not at all.
    case none

    /// The body for a program, and how it is encoded.
    func cells(_ body: UnsafeRawBufferPointer) -> (encoding: Cell, body: Cell) {
        switch self {
        case .text, .json, .raw:
            guard let text = String(validating: body, as: UTF8.self) else {
                return Self.base64.cells(body)
            }
            return (.text("utf-8"), .text(text))
        case .hex:
            let digits = body.map { Self.twoDigits($0) }.joined()
            return (.text("hex"), .text(digits))
        case .base64:
            return (.text("base64"), .text(Data(body).base64EncodedString()))
        case .none:
            return (.none, .none)
        }
    }

    /// The body for a person: short forms go into the row, long ones are lines below it.
    func shown(_ body: UnsafeRawBufferPointer) -> (inRow: String, below: [String]) {
        switch self {
        case .text, .raw: (PrintableText.of(String(decoding: body, as: UTF8.self)), [])
        case .json:
            if let lines = IndentedJSON.lines(body) {
                ("", lines.map(PrintableText.of))
            } else {
                Self.text.shown(body)
            }
        case .hex: ("", Self.dump(body))
        case .base64: (Data(body).base64EncodedString(), [])
        case .none: ("", [])
        }
    }

    /// Sixteen bytes a line: offset, digits, and what is printable of them.
    private static func dump(_ body: UnsafeRawBufferPointer) -> [String] {
        stride(from: 0, to: body.count, by: 16).map { start in
            let bytes = body[start..<min(start + 16, body.count)]
            let offset = String(start, radix: 16)
            let digits = bytes.map(twoDigits).joined(separator: " ")
            let text = bytes.map { byte in
                (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "."
            }.joined()
            return String(repeating: "0", count: max(0, 8 - offset.count)) + offset + "  "
                + digits + String(repeating: " ", count: 49 - digits.count) + text
        }
    }

    private static func twoDigits(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
