import CRE2

/// A regular expression over topic or channel names, in the syntax and with the meaning of Go's `regexp`.
///
/// It may match anywhere in the name unless it is anchored. The time to match is linear in the name's length
/// whatever the pattern, which comes over the network.
///
/// SAFETY: `@unchecked Sendable` because RE2's compiled expressions are immutable to their users and may be
/// matched from any thread.
final class NamePattern: @unchecked Sendable {
    /// Memory that one pattern's program and caches may take, bytes.
    private static let maximumBytes: Int64 = 1 << 20

    private let regex: OpaquePointer

    /// Compiles `text`; `nil` when it is no regular expression, or one beyond all measure.
    init?(_ text: String) {
        var text = text
        let compiled = text.withUTF8 { bytes in
            // SAFETY: the C function reads `count` bytes during the call and keeps nothing of them.
            bytes.withMemoryRebound(to: CChar.self) { characters in
                nsq_re2_compile(characters.baseAddress, characters.count, Self.maximumBytes)
            }
        }
        guard let compiled else { return nil }
        regex = compiled
    }

    deinit { nsq_re2_free(regex) }

    /// Whether the pattern matches somewhere in `name`.
    func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            // SAFETY: as above.
            bytes.withMemoryRebound(to: CChar.self) { characters in
                nsq_re2_matches(regex, characters.baseAddress, characters.count)
            }
        }
    }
}
