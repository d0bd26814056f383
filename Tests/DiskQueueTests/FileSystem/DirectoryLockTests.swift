import DiskQueue
import DiskQueueTesting
import Foundation
import Testing

@Suite("Directory lock")
struct DirectoryLockTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func hasNoPreviousRunAtTheFirstStart() throws {
        let lock = try DirectoryLock.acquire(dataPath: directory.path, syncMode: "always")

        #expect(lock.previous == nil)
        let marker = try marker()
        #expect(marker.processID == getpid())
        #expect(marker.bootID == lock.currentBootID)
        #expect(marker.syncMode == "always")
        #expect(!marker.isClean)
        #expect(try directory.permissions("nsqd.lock") == 0o600)
    }

    @Test func readsTheBootOfTheMachine() throws {
        let lock = try DirectoryLock.acquire(dataPath: directory.path)
        let boot = try String(
            contentsOfFile: "/proc/sys/kernel/random/boot_id",
            encoding: .utf8
        )

        #expect(lock.currentBootID == boot.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test func refusesASecondProcessAndChangesNothing() throws {
        let lock = try DirectoryLock.acquire(dataPath: directory.path)
        let before = try directory.listing()

        let error = failure()

        #expect(error?.code == .locked)
        #expect(
            error?.message == """
                failed to lock data-path: cannot flock directory \(directory.path) - resource \
                temporarily unavailable (possibly in use by another instance of nsqd, pid \
                \(getpid()))
                """
        )
        #expect(try directory.listing() == before)
        #expect(lock.previous == nil)
    }

    @Test func isHeldAgainstTheOriginalDaemon() throws {
        let original = open(directory.path, O_RDONLY | O_CLOEXEC)
        defer { close(original) }
        #expect(flock(original, LOCK_EX | LOCK_NB) == 0)

        let error = failure()

        #expect(error?.code == .locked)
        #expect(error?.message.hasSuffix("(possibly in use by another instance of nsqd)") == true)
        #expect(try directory.listing() == [:])
    }

    @Test func isHeldByTheOriginalsRules() throws {
        let lock = try DirectoryLock.acquire(dataPath: directory.path)
        let original = open(directory.path, O_RDONLY | O_CLOEXEC)
        defer { close(original) }

        #expect(flock(original, LOCK_EX | LOCK_NB) != 0)
        #expect(lock.previous == nil)
    }

    @Test func endsWithTheLastReference() throws {
        _ = try DirectoryLock.acquire(dataPath: directory.path)

        let lock = try DirectoryLock.acquire(dataPath: directory.path)

        #expect(lock.previous?.isClean == false)
        #expect(lock.previous?.processID == getpid())
    }

    @Test func tellsACleanEnd() throws {
        try DirectoryLock.acquire(dataPath: directory.path).markClean()

        let lock = try DirectoryLock.acquire(dataPath: directory.path)

        #expect(lock.previous?.isClean == true)
        #expect(try !marker().isClean)
    }

    @Test func remembersAnEarlierBootUntilRecoveryIsDone() throws {
        try write(boot: "an-earlier-boot", isClean: false)
        do {
            let first = try DirectoryLock.acquire(dataPath: directory.path)
            #expect(first.previous?.bootID == "an-earlier-boot")
        }
        do {
            let second = try DirectoryLock.acquire(dataPath: directory.path)
            #expect(second.previous?.bootID == "an-earlier-boot")
            try second.markRecovered()
        }

        let third = try DirectoryLock.acquire(dataPath: directory.path)

        #expect(third.previous?.bootID == third.currentBootID)
        #expect(third.previous?.isClean == false)
    }

    @Test func forgetsAnEarlierBootThatEndedClean() throws {
        try write(boot: "an-earlier-boot", isClean: true)
        let lock = try DirectoryLock.acquire(dataPath: directory.path)

        #expect(lock.previous?.bootID == "an-earlier-boot")
        #expect(try marker().bootID == lock.currentBootID)
    }

    @Test(arguments: ["", "nsqd-run", String(repeating: "x", count: 9000)])
    func assumesNothingAfterADamagedMarker(text: String) throws {
        try directory.write(text.utf8, to: "nsqd.lock")

        let lock = try DirectoryLock.acquire(dataPath: directory.path)

        #expect(lock.previous == .unreadable)
        #expect(lock.previous?.bootID != lock.currentBootID)
        #expect(try !marker().isClean)
    }

    @Test func refusesANewerVersionAndChangesNothing() throws {
        try directory.write("nsqd-run 2\ncrc32c 3fe35bfe\n".utf8, to: "nsqd.lock")
        let before = try directory.listing()

        #expect(failure()?.code == .unsupportedVersion)
        #expect(try directory.listing() == before)
    }

    @Test func putsBackWhatItFound() throws {
        try write(boot: "an-earlier-boot", isClean: true)
        let before = try directory.listing()

        try DirectoryLock.acquire(dataPath: directory.path).abandon()

        #expect(try directory.listing() == before)
    }

    @Test func removesTheLockFileThatItMade() throws {
        try DirectoryLock.acquire(dataPath: directory.path).abandon()

        #expect(try directory.listing() == [:])
    }

    @Test func refusesAMissingDirectory() {
        let error = failure(directory.path("none"))

        #expect(error?.code == .unusable)
        #expect(
            error?.message == """
                failed to lock data-path: open \(directory.path("none")): no such file or directory
                """
        )
    }

    @Test func refusesAFileInPlaceOfTheDirectory() throws {
        try directory.write([], to: "file")

        let error = failure(directory.path("file"))

        #expect(error?.code == .unusable)
        #expect(error?.message.hasSuffix("file: not a directory") == true)
    }

    @Test func refusesADirectoryThatItCannotWriteIn() {
        let error = failure("/proc")

        #expect(error?.code == .unusable)
        #expect(error?.message.hasPrefix("failed to lock data-path: ") == true)
    }

    @Test func refusesALinkInPlaceOfTheLockFile() throws {
        try directory.write("precious".utf8, to: "target")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("nsqd.lock"),
            withDestinationPath: directory.path("target")
        )

        #expect(failure()?.code == .unusable)
        #expect(directory.contents("target") == Array("precious".utf8))
    }

    private func failure(_ path: String? = nil) -> DiskQueueError? {
        #expect(throws: DiskQueueError.self) {
            try DirectoryLock.acquire(dataPath: path ?? directory.path)
        }
    }

    private func marker() throws -> RunMarker {
        try RunMarker(parsing: directory.contents("nsqd.lock") ?? [])
    }

    private func write(boot: String, isClean: Bool) throws {
        let marker = RunMarker(
            processID: 1,
            startedMilliseconds: 0,
            bootID: boot,
            syncMode: "interval",
            isClean: isClean
        )
        try directory.write(marker.encoded, to: "nsqd.lock")
    }
}
