import DiskQueue
import Testing

@Suite("Run marker")
struct RunMarkerTests {
    private let marker = RunMarker(
        processID: 4242,
        startedMilliseconds: 1_767_225_600_123,
        bootID: "0d5bf8e0-6d1c-4f1c-9d0e-1a2b3c4d5e6f",
        syncMode: "interval",
        isClean: true
    )

    @Test func readsBackWhatItPrints() throws {
        #expect(try RunMarker(parsing: marker.encoded) == marker)
    }

    @Test func isTextThatPeopleCanRead() {
        let lines = String(decoding: marker.encoded, as: UTF8.self).split(separator: "\n")

        #expect(
            lines.dropLast() == [
                "nsqd-run 1", "pid 4242", "started 1767225600123",
                "boot 0d5bf8e0-6d1c-4f1c-9d0e-1a2b3c4d5e6f", "sync interval", "clean 1",
            ]
        )
    }

    @Test func ignoresTheRestOfALongerRecordBeforeIt() throws {
        #expect(try RunMarker(parsing: marker.encoded + Array("c32c 12\n".utf8)) == marker)
    }

    @Test func keepsLineEndsOutOfItsFields() throws {
        var odd = marker
        odd.syncMode = "in\nterval"
        odd.bootID = ""
        odd.isClean = false

        let read = try RunMarker(parsing: odd.encoded)

        #expect(read.syncMode == "interval")
        #expect(read.bootID == "")
        #expect(!read.isClean)
    }

    @Test func refusesEveryFlippedBit() {
        let bytes = marker.encoded
        // The last byte only ends the line.
        for index in bytes.indices.dropLast() {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                let error = #expect(throws: DiskQueueError.self) {
                    try RunMarker(parsing: damaged)
                }
                #expect(error?.code == .corrupt)
            }
        }
    }

    @Test func refusesEveryPrefix() {
        let bytes = marker.encoded
        for count in bytes.indices {
            #expect(throws: DiskQueueError.self) {
                try RunMarker(parsing: Array(bytes.prefix(count)))
            }
        }
    }

    @Test func tellsANewerVersionFromDamage() {
        // The checksum of this record is right: a newer version wrote it.
        let newer = Array("nsqd-run 2\ncrc32c 3fe35bfe\n".utf8)

        let error = #expect(throws: DiskQueueError.self) { try RunMarker(parsing: newer) }

        #expect(error?.code == .unsupportedVersion)
    }
}
