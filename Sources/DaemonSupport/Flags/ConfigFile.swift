private import Glibc
private import TOMLKit

/// The settings of a `--config` file: one flat TOML table.
///
/// Tables in it, and keys that no flag has, are left alone, as the original does. Source: `nsqd` spec 5.4.
package struct ConfigFile: Sendable {
    /// More than any file of settings has.
    private static let maximumBytes = 1 << 20

    /// A value as the file has it.
    package enum Value: Sendable, Equatable {
        /// A string.
        case text(String)
        /// An integer.
        case integer(Int64)
        /// A float.
        case number(Double)
        /// A boolean.
        case boolean(Bool)
        /// An array.
        case list([Value])
        /// What no setting can be: a date, a table.
        case other
    }

    /// Why a file is no file of settings; reads as the end of `failed to load config file <path> - `.
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String
    }

    private let values: [String: Value]

    /// Reads the file at `path`; blocks on the disk.
    ///
    /// - Throws: ``Unreadable`` when it cannot be read, is larger than 1 MiB, or is no TOML.
    package init(path: String) throws(Unreadable) {
        try self.init(text: Self.contents(of: path))
    }

    /// Reads `text`.
    ///
    /// - Throws: ``Unreadable`` when it is no TOML; the text names line and column.
    package init(text: String) throws(Unreadable) {
        // The parser takes a NUL for the end, and what follows for nothing.
        guard !text.utf8.contains(0) else {
            throw Unreadable(description: "it has a NUL byte, which TOML forbids")
        }
        do {
            let table = try TOMLTable(string: text)
            values = Dictionary(
                table.map { ($0.0, Self.value($0.1)) },
                uniquingKeysWith: { first, _ in first }
            )
        } catch let error as TOMLParseError {
            throw Unreadable(description: error.debugDescription)
        } catch {
            throw Unreadable(description: "\(error)")
        }
    }

    /// The value under `key`; `nil` for none.
    package subscript(key: String) -> Value? { values[key] }

    private static func value(_ value: any TOMLValueConvertible) -> Value {
        switch value.type {
        case .string: value.string.map(Value.text) ?? .other
        case .int: value.int.map { .integer(Int64($0)) } ?? .other
        case .double: value.double.map(Value.number) ?? .other
        case .bool: value.bool.map(Value.boolean) ?? .other
        case .array: .list(value.array?.map(Self.value) ?? [])
        default: .other
        }
    }

    private static func contents(of path: String) throws(Unreadable) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open \(path)") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read \(path)") }
            guard count > 0 else { break }
            bytes += piece[..<count]
            guard bytes.count <= maximumBytes else {
                throw Unreadable(description: "it is larger than \(maximumBytes) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable(description: "it is no UTF-8")
        }
        return text
    }

    private static func failure(_ operation: String) -> Unreadable {
        Unreadable(description: "\(operation): \(String(cString: strerror(errno)).lowercased())")
    }
}

extension ConfigFile.Value: CustomStringConvertible {
    /// The value as an error line shows it.
    package var description: String {
        switch self {
        case .text(let text): GoQuotedText.quote(text)
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let truth): "\(truth)"
        case .list(let items): "[\(items.map(\.description).joined(separator: ", "))]"
        case .other: "a table or date"
        }
    }
}
