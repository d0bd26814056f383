import Glibc

/// Where everything goes that is no answer: errors, notes, progress.
enum StandardError {
    /// Writes one line.
    static func say(_ line: String) { write(line + "\n") }

    /// Writes what was not as expected, a line each.
    static func note(_ notes: [String]) {
        for note in notes { say("nsq-inspect: \(PrintableText.of(note))") }
    }

    /// Writes text as it is, at once.
    static func write(_ text: String) { Descriptor(number: STDERR_FILENO).write(Array(text.utf8)) }

    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
