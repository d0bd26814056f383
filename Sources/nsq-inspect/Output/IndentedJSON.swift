import Foundation

/// JSON with each member on a line of its own; nothing but white space differs from what was given.
enum IndentedJSON {
    /// Bodies above it are shown as they are.
    private static let maximumBytes = 4 << 20

    /// The lines of `body`; `nil` when it is no JSON.
    static func lines(_ body: UnsafeRawBufferPointer) -> [String]? {
        guard body.count <= maximumBytes,
            // SWALLOW: then it is no JSON.
            (try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)) != nil
        else { return nil }
        var printer = Printer()
        for byte in body { printer.take(byte) }
        return printer.lines
    }

    private struct Printer {
        private var done: [String] = []
        private var line: [UInt8] = []
        private var depth = 0
        private var isInString = false
        private var isEscaped = false
        /// An opening bracket of which nothing is known yet: an empty one closes on its line.
        private var isJustOpened = false

        var lines: [String] { done + [String(decoding: line, as: UTF8.self)] }

        mutating func take(_ byte: UInt8) {
            if isInString {
                line.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                return
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                return
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if !isJustOpened { breakLine() }
                isJustOpened = false
                line.append(byte)
                return
            default: break
            }
            if isJustOpened { breakLine() }
            isJustOpened = false
            line.append(byte)
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                isJustOpened = true
            case UInt8(ascii: ","): breakLine()
            case UInt8(ascii: ":"): line.append(UInt8(ascii: " "))
            case UInt8(ascii: "\""): isInString = true
            default: break
            }
        }

        private mutating func breakLine() {
            done.append(String(decoding: line, as: UTF8.self))
            line = [UInt8](repeating: UInt8(ascii: " "), count: 2 * max(0, depth))
        }
    }
}
