import Broker
import DiskQueue
import DiskQueueTesting
import Glibc
import NSQCore
import Testing

/// What a backlog and its stragglers cost: disk and memory.
@Suite("Retention", .timeLimit(.minutes(10)), .serialized)
struct RetentionTests {
    private func publish(_ count: Int, _ test: TestBroker, from first: Int = 0) throws {
        for start in stride(from: first, to: first + count, by: 200) {
            let end = min(start + 200, first + count)
            try test.publish((start..<end).map { "message number \($0)" })
        }
    }

    private func drain(_ consumer: TestConsumer, keeping kept: Set<String> = []) throws {
        while true {
            let taken = try consumer.take()
            let finished = taken.filter { !kept.contains($0.body) }
            if finished.isEmpty { return }
            #expect(consumer.finish(finished).isEmpty)
        }
    }

    @Test func segmentsGoOnceEveryChannelIsPastThem() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        let first = try test.consumer("a", ready: 500)
        let second = try test.consumer("b", ready: 500)
        try publish(5000, test)
        let full = try test.segmentFiles()
        #expect(full.count > 10)

        try drain(first)
        #expect(try test.segmentFiles() == full)
        try drain(second)
        #expect(try test.segmentFiles().count <= 2)
        #expect(try test.segmentFiles().last == full.last)
    }

    @Test func aSegmentInTheMiddleThatNobodyNeedsGoesToo() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        let consumer = try test.consumer(ready: 6000)
        try publish(5000, test)
        let full = try test.segmentFiles()
        try drain(consumer, keeping: ["message number 0"])

        let left = try test.segmentFiles()
        #expect(left.count <= 3)
        #expect(left.first == full.first && left.last == full.last)
        try test.restart(after: .killed)
        #expect(try test.counts() == [1, 0, 0])
        let again = try test.consumer()
        let last = try again.take()
        #expect(last.bodies == ["message number 0"])
        again.finish(last)
        try publish(200, test, from: 5000)
        try drain(again)
        #expect(try test.segmentFiles().count <= 2)
    }

    @Test func segmentsGoWhenWhatWasInFlightIsFinished() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        let consumer = try test.consumer(ready: 5000)
        try publish(5000, test)
        let taken = try consumer.take()
        #expect(taken.count == 5000)
        #expect(try test.segmentFiles().count > 10)

        for start in stride(from: 0, to: 5000, by: 100) {
            #expect(consumer.finish(Array(taken[start..<start + 100])).isEmpty)
        }
        #expect(try test.segmentFiles().count == 1)
    }

    @Test func heldMessagesKeepTheirSegments() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        let consumer = try test.consumer(ready: 500)
        try publish(400, test)
        try test.topic().pause()
        try publish(3000, test, from: 400)
        try drain(consumer)
        let files = try test.segmentFiles().count
        #expect(files > 5)
        try test.topic().unpause()
        try drain(consumer)
        #expect(try test.segmentFiles().count <= 2)
        #expect(consumer.consumer.counts.finishCount == 3400)
    }

    @Test(arguments: [TestBroker.End.clean, .killed])
    func aChannelReadsOnThroughSegmentsAfterARestart(end: TestBroker.End) throws {
        let test = try TestBroker(segmentBytes: 20_000)
        _ = try test.channel()
        try publish(5000, test)
        try test.restart(after: end)
        try publish(1000, test, from: 5000)
        let consumer = try test.consumer(ready: 10_000)

        #expect(try consumer.take().bodies == (0..<6000).map { "message number \($0)" })
    }

    @Test func deletingAChannelFreesWhatOnlyItNeeded() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        _ = try test.channel("slow")
        let consumer = try test.consumer(ready: 500)
        try publish(3000, test)
        try drain(consumer)
        #expect(try test.segmentFiles().count > 5)

        try test.deleteChannel("slow")

        #expect(try test.segmentFiles().count <= 2)
    }

    @Test func emptyingAChannelFreesItsSegments() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        _ = try test.channel()
        try publish(3000, test)
        try test.channel().empty()

        #expect(try test.segmentFiles().count <= 2)
        try test.restart(after: .killed)
        #expect(try test.counts() == [0, 0, 0])
    }

    @Test func filesOfRemovedSegmentsAreUsedAgain() throws {
        let test = try TestBroker(segmentBytes: 20_000)
        let consumer = try test.consumer(ready: 500)
        for round in 0..<20 {
            try publish(1000, test, from: round * 1000)
            try drain(consumer)
            if round % 7 == 3 {
                try test.broker.flushLedgers()
            }
        }

        #expect(try test.disk.list("/data/recycled").count <= 4)
        #expect(consumer.consumer.counts.finishCount == 20_000)
        try publish(300, test, from: 20_000)
        try test.restart(after: .killed)
        let again = try test.consumer()
        #expect(try again.take().bodies == (20_000..<20_300).map { "message number \($0)" })
    }

    @Test func oneStragglerOfAMillionCostsLittleAndComesBack() throws {
        let test = try TestBroker(segmentBytes: 4 * 1024 * 1024)
        let straggler = try test.consumer(ready: 1, timeout: .seconds(600))
        let consumer = try test.consumer(ready: 2000)
        try test.publish("straggler")
        #expect(try straggler.take().bodies == ["straggler"])

        try pass(100_000, test, consumer)
        // Other tests run in this process too: the least of three counts.
        let growth = try (0..<3).map { _ in
            let before = try residentBytes()
            try pass(300_000, test, consumer)
            return try residentBytes() - before
        }

        #expect(try #require(growth.min()) < 8 * 1024 * 1024)
        #expect(try test.segmentFiles().count <= 4)
        #expect(try test.counts() == [0, 1, 0])
        test.pass(.seconds(600))
        let back = try consumer.take()
        #expect(back.bodies == ["straggler"])
        #expect(back.map(\.attempts) == [2])
        #expect(consumer.finish(back).isEmpty)
        #expect(try test.counts() == [0, 0, 0])
    }

    private func pass(_ count: Int, _ test: TestBroker, _ consumer: TestConsumer) throws {
        let bodies = (0..<2000).map { _ in "0123456789" }
        var buffer = [UInt8](repeating: 0, count: 2000 * 44)
        for _ in 0..<count / 2000 {
            try test.publish(bodies)
            var ids: [UInt64] = []
            buffer.withUnsafeMutableBytes { destination in
                var taken = 0
                while taken < 2000 {
                    let delivery = consumer.channel.take(for: consumer.consumer, into: destination)
                    guard delivery.messageCount > 0 else { break }
                    taken += delivery.messageCount
                    for index in 0..<delivery.messageCount {
                        let hex = destination[index * 44 + 18..<index * 44 + 34]
                        ids.append(hex.reduce(0) { $0 << 4 | Self.digit($1) })
                    }
                }
            }
            try #require(ids.count == 2000)
            try #require(consumer.finish(ids).isEmpty)
        }
    }

    private static func digit(_ character: UInt8) -> UInt64 {
        UInt64(character < 58 ? character - 48 : character - 87)
    }

    /// What the process has in memory now.
    private func residentBytes() throws -> Int {
        let file = try PosixFileSystem().open("/proc/self/statm", .readOnly)
        let text = String(decoding: try file.bytes(at: 0, count: 200), as: UTF8.self)
        let pages = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return pages * Int(getpagesize())
    }
}
