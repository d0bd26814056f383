import ArgumentParser
import DiskQueue
import Glibc

/// The document that a command is given.
struct DocumentFile: ParsableArguments {
    @Argument(help: "The document; - reads standard input.", completion: .file())
    var file: String

    @Option(help: "json, toml or nsqd.dat, where the content should not tell.")
    var format: MetadataForm?

    /// Reads it; what was left out of an `nsqd.dat` goes to standard error.
    func read() throws -> MetadataDocument {
        let name = file == "-" ? "standard input" : PrintableText.of(file)
        let outcome = try MetadataDocument.read(try bytes(name), as: format, source: name)
        for warning in outcome.warnings {
            StandardError.say("nsq-inspect: \(PrintableText.of(warning))")
        }
        return outcome.document
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", name) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        // One byte too many is enough to be refused for.
        while bytes.count <= MetadataDocument.maximumBytes {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", name) }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    private func failure(_ operation: String, _ name: String) -> InspectorError {
        InspectorError(
            "cannot \(operation) \(name): \(String(cString: strerror(errno)).lowercased())"
        )
    }
}
