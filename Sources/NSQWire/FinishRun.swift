/// Reads a run of `FIN <id>` lines in one tight loop, the commonest input of a busy consumer.
package enum FinishRun {
    /// Bytes of one line in its plain form: `FIN `, sixteen digits and `\n`.
    package static let lineByteCount = 21

    /// `FIN ` as a word loaded from memory.
    private static var prefix: UInt32 { UInt32(bigEndian: 0x4649_4E20) }

    /// Decodes the plain FIN lines at the start of `input` and gives their number.
    ///
    /// It stops before the first line of any other shape (another command, `\r\n`, extra parameters, bad
    /// digits, an incomplete line), which is then for ``CommandReader`` to judge, and when `ids` is full.
    package static func read(
        _ input: UnsafeRawBufferPointer,
        into ids: UnsafeMutableBufferPointer<UInt64>
    ) -> Int {
        guard let base = input.baseAddress else { return 0 }
        let lineCount = min(input.count / lineByteCount, ids.count)
        var count = 0
        while count < lineCount {
            let line = base + count &* lineByteCount
            guard line.loadUnaligned(as: UInt32.self) == prefix,
                (line + 20).load(as: UInt8.self) == UInt8(ascii: "\n"),
                let id = HexID.decode(line + 4)
            else { break }
            ids[count] = id
            count &+= 1
        }
        return count
    }
}
