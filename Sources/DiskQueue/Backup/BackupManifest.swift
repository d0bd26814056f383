private import FoundationEssentials

/// What a backup holds, and where it comes from: the file `manifest.json`.
///
/// It is written last, so a folder without one is no backup. It tells rot and mistakes, not forgery: whoever can
/// change the files can change it too.
package struct BackupManifest: Sendable, Equatable {
    /// One file of the backup.
    package struct Entry: Sendable, Equatable {
        /// Its place below the backup's folder.
        package let path: String
        /// Its length.
        package let byteCount: UInt64
        /// SHA-256 in lower-case hexadecimal.
        package let sha256: String

        /// Composes an entry.
        package init(path: String, byteCount: UInt64, sha256: String) {
            self.path = path
            self.byteCount = byteCount
            self.sha256 = sha256
        }
    }

    /// The store that was backed up.
    package struct Source: Sendable, Equatable {
        /// Its data path, as it was told.
        package let dataPath: String
        /// The host's name.
        package let host: String
        /// Whether an nsqd was using it.
        package let isRunning: Bool
        /// Whether its last run had ended in good order.
        package let wasClean: Bool
        /// The version of the program that wrote the backup.
        package let program: String

        /// Composes a description.
        package init(
            dataPath: String,
            host: String,
            isRunning: Bool,
            wasClean: Bool,
            program: String
        ) {
            self.dataPath = dataPath
            self.host = host
            self.isRunning = isRunning
            self.wasClean = wasClean
            self.program = program
        }
    }

    /// The version of the format that this program writes, and the newest that it reads.
    package static let version = 1

    /// Longest manifest that is read.
    package static let maximumBytes = 64 << 20

    /// Most files that a backup may have.
    package static let maximumFiles = 400_000

    static let format = "swift-nsq-backup"

    /// When the backup began, milliseconds since the Unix epoch.
    package let takenMilliseconds: Int64
    /// Where it comes from.
    package let source: Source
    /// The files, by path.
    package let files: [Entry]

    /// Composes a manifest.
    package init(takenMilliseconds: Int64, source: Source, files: [Entry]) {
        self.takenMilliseconds = takenMilliseconds
        self.source = source
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Bytes of all files.
    package var byteCount: UInt64 {
        files.reduce(0) { sum, file in
            let (total, overflow) = sum.addingReportingOverflow(file.byteCount)
            return overflow ? .max : total
        }
    }

    /// Topics that have files.
    package var topicCount: Int {
        Set(files.compactMap { $0.path.hasPrefix(BackupPath.topics) ? $0.path.folder : nil }).count
    }
}

extension BackupManifest {
    private struct Kind: Decodable {
        let format: String
        let version: Int
    }

    private struct Document: Codable {
        struct File: Codable {
            let path: String
            let bytes: UInt64
            let sha256: String
        }

        struct Origin: Codable {
            let dataPath: String
            let host: String
            let running: Bool
            let clean: Bool
            let program: String

            enum CodingKeys: String, CodingKey {
                case dataPath = "data_path"
                case host, running, clean, program
            }
        }

        let format: String
        let version: Int
        let taken: Int64
        let source: Origin
        let files: [File]

        enum CodingKeys: String, CodingKey {
            case taken = "taken_ms"
            case format, version, source, files
        }
    }

    /// The manifest as it stands in the file.
    package func encoded() throws(DiskQueueError) -> [UInt8] {
        let document = Document(
            format: Self.format,
            version: Self.version,
            taken: takenMilliseconds,
            source: Document.Origin(
                dataPath: source.dataPath,
                host: source.host,
                running: source.isRunning,
                clean: source.wasClean,
                program: source.program
            ),
            files: files.map { .init(path: $0.path, bytes: $0.byteCount, sha256: $0.sha256) }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = [UInt8](try encoder.encode(document)) + [UInt8(ascii: "\n")]
            guard bytes.count <= Self.maximumBytes, files.count <= Self.maximumFiles else {
                throw DiskQueueError(
                    .tooLarge,
                    "the store has \(files.count) files, more than a backup can list"
                        + " (\(Self.maximumFiles)): start nsqd with a larger --max-bytes-per-file"
                )
            }
            return bytes
        } catch let error as DiskQueueError {
            throw error
        } catch {
            throw DiskQueueError(.io, "cannot write a manifest: \(error)")
        }
    }

    /// Reads `bytes`, the contents of the file `path`.
    ///
    /// - Throws: `.unsupportedVersion` for that of a newer version, `.corrupt` for anything else that is none.
    package init(parsing bytes: [UInt8], path: String) throws(DiskQueueError) {
        let document = try Self.document(in: bytes, path: path)
        guard document.files.count <= Self.maximumFiles else {
            throw Self.flaw(
                path,
                "it lists \(document.files.count) files, and \(Self.maximumFiles) are the most"
            )
        }
        var seen: Set<String> = []
        for file in document.files {
            guard BackupPath.isValid(file.path) else {
                throw Self.flaw(path, "it lists \(file.path.quoted), which is no file of a store")
            }
            guard seen.insert(file.path).inserted else {
                throw Self.flaw(path, "it lists \(file.path) twice")
            }
            guard file.sha256.utf8.count == SHA256Digest.characters, file.bytes <= UInt64(Int.max)
            else {
                throw Self.flaw(path, "what it says of \(file.path) makes no sense")
            }
        }
        self.init(
            takenMilliseconds: document.taken,
            source: Source(
                dataPath: document.source.dataPath,
                host: document.source.host,
                isRunning: document.source.running,
                wasClean: document.source.clean,
                program: document.source.program
            ),
            files: document.files.map {
                Entry(path: $0.path, byteCount: $0.bytes, sha256: $0.sha256)
            }
        )
    }

    private static func document(
        in bytes: [UInt8],
        path: String
    ) throws(DiskQueueError) -> Document {
        let data = Data(bytes)
        let kind: Kind
        var document: Document?
        do {
            // SWALLOW: the next line tells whether it is of another version, or no manifest.
            document = try? JSONDecoder().decode(Document.self, from: data)
            kind =
                try document.map { Kind(format: $0.format, version: $0.version) }
                ?? JSONDecoder().decode(Kind.self, from: data)
        } catch {
            throw flaw(path, "it is no such JSON")
        }
        guard kind.format == format, kind.version > 0 else {
            throw flaw(path, "its format is not \(format)")
        }
        guard kind.version <= version else {
            throw DiskQueueError(
                .unsupportedVersion,
                "\(path) has version \(kind.version), newer than this program knows (\(version));"
                    + " nothing was written; use a newer nsq-inspect"
            )
        }
        guard let document else {
            throw flaw(path, "something of it is missing or of another type")
        }
        return document
    }

    private static func flaw(_ path: String, _ reason: String) -> DiskQueueError {
        DiskQueueError(
            .corrupt,
            "\(path) is no manifest of a backup: \(reason); nothing was written"
        )
    }
}

extension String {
    /// The part before the last slash.
    var folder: String { String(self[..<(lastIndex(of: "/") ?? startIndex)]) }

    /// The start of a text that anyone may have written, safe for an error of one line.
    fileprivate var quoted: String {
        let start = unicodeScalars.prefix(120).map { $0.escaped(asASCII: true) }.joined()
        return unicodeScalars.count > 120 ? "\"\(start)...\"" : "\"\(start)\""
    }
}
