import DiskQueue
import Testing

/// What a manifest of a backup may say.
@Suite("Backup manifest")
struct BackupManifestTests {
    private static let digest = String(repeating: "0a", count: 32)
    private static let source = BackupManifest.Source(
        dataPath: "/var/lib/\"nsqd\"",
        host: "höst",
        isRunning: true,
        wasClean: false,
        program: "v1"
    )

    private func manifest(_ paths: [String]) -> BackupManifest {
        BackupManifest(
            takenMilliseconds: 1_767_225_600_001,
            source: Self.source,
            files: paths.map { .init(path: $0, byteCount: 7, sha256: Self.digest) }
        )
    }

    private func code(of bytes: [UInt8]) -> DiskQueueError.Code? {
        let error = #expect(throws: DiskQueueError.self) {
            try BackupManifest(parsing: bytes, path: "manifest.json")
        }
        #expect(error?.message.contains("\n") == false)
        return error?.code
    }

    @Test func isReadAsItWasWritten() throws {
        let written = manifest([
            "nsqd.dat", "nsqd.lock", "nsqd.sqlite", "topics/7/3.ledger",
            "topics/7/00000000000000004096.segment", "topics/12/18446744073709551615.ledger",
        ])

        let read = try BackupManifest(parsing: written.encoded(), path: "manifest.json")

        #expect(read == written)
        #expect(read.byteCount == 42)
        #expect(read.topicCount == 2)
    }

    @Test(arguments: [
        "", "/", ".", "..", "nsqd.sqlite-wal", "NSQD.DAT", "nsqd.dat/", "./nsqd.dat", "/nsqd.dat",
        "topics", "topics/1", "topics/1/", "topics//1.ledger", "topics/1/1.ledger/x",
        "topics/../nsqd.dat",
        "topics/01/1.ledger", "topics/+1/1.ledger", "topics/-1/1.ledger", "topics/1/01.ledger",
        "topics/1/+1.ledger", "topics/1/1.ledger.tmp", "topics/1/1.segment",
        "topics/1/+0000000000000000001.segment", "topics/1/99999999999999999999.segment",
        "topics/1/00000000000000000001.segment.unusable", "topics/281474976710657/1.ledger",
        "topics\\1\\1.ledger", "topics/1/１.ledger", "topics/1/1.ledger\0", "topics/1/\n1.ledger",
    ])
    func refusesAPathThatAStoreDoesNotHave(path: String) throws {
        #expect(try code(of: manifest([path]).encoded()) == .corrupt)
    }

    @Test func refusesAPathTwice() throws {
        #expect(try code(of: manifest(["nsqd.dat", "nsqd.dat"]).encoded()) == .corrupt)
    }

    @Test func refusesANewerVersionWhateverElseItSays() {
        let newer = #"{"format": "swift-nsq-backup", "version": 2, "files": {"packed": true}}"#
        #expect(code(of: Array(newer.utf8)) == .unsupportedVersion)
    }

    /// No beginning of a manifest is one, and no byte of it makes parsing trap.
    @Test func refusesEveryBeginning() throws {
        let whole = try manifest(["nsqd.dat", "topics/1/1.ledger"]).encoded()
        for length in 0..<whole.count - 1 {
            _ = code(of: Array(whole.prefix(length)))
        }
        for place in whole.indices {
            var changed = whole
            changed[place] ^= 0x11
            // SWALLOW: most are refused; a changed host name is not.
            _ = try? BackupManifest(parsing: changed, path: "manifest.json")
        }
    }
}
