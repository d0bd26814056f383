import Broker
import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// A disk that will not be read for a while delays deliveries, and loses none.
@Suite("Read failures", .timeLimit(.minutes(10)))
struct ReadFailureTests {
    private let disk = SimulatedFileSystem()
    private let test: TestBroker
    private let bodies = (0..<3000).map { "\($0) " + String(repeating: "x", count: 1000) }

    init() throws { test = try TestBroker(disk: disk) }

    private func failReads() {
        disk.inject(DiskFault(of: .read, pathSuffix: ".segment", errno: EIO, isSticky: true))
    }

    @Test func aBacklogThatCannotBeReadIsTriedAgainByItself() throws {
        let consumer = try test.consumer()
        for body in bodies { try test.publish(body) }
        failReads()
        #expect(try consumer.take().isEmpty)
        #expect(try test.counts() == [3000, 0, 0])
        test.pass(.seconds(1))
        #expect(try consumer.take().isEmpty)
        disk.removeFaults()
        let before = consumer.notices.pumpCount

        test.pass(.seconds(1))

        #expect(consumer.notices.pumpCount > before)
        #expect(try consumer.take().bodies == bodies)
    }

    @Test func redeliveriesThatCannotBeReadStayQueued() throws {
        let consumer = try test.consumer()
        for body in bodies { try test.publish(body) }
        let taken = try consumer.take()
        for index in [0, 1, 700, 1400, 2999] { try consumer.requeue(taken[index]) }
        failReads()
        let meanwhile = try consumer.take()
        #expect(
            try test.counts() == [5 - Int64(meanwhile.count), 2995 + Int64(meanwhile.count), 0]
        )
        disk.removeFaults()
        let before = consumer.notices.pumpCount

        test.pass(.seconds(1))

        #expect(consumer.notices.pumpCount > before)
        let again = try consumer.take() + meanwhile
        #expect(Set(again.bodies) == Set([0, 1, 700, 1400, 2999].map { bodies[$0] }))
        #expect(again.allSatisfy { $0.attempts == 2 })
    }

    @Test func failuresAmongRedeliveriesThatDoNotFitLoseNone() throws {
        let consumer = try test.consumer()
        for body in bodies { try test.publish(body) }
        let taken = try consumer.take()
        for index in 0..<60 { try consumer.requeue(taken[index * 50]) }
        for skipped in 0..<20 {
            disk.inject(
                DiskFault(of: .read, after: skipped % 5, pathSuffix: ".segment", errno: EIO)
            )
            disk.inject(
                DiskFault(of: .read, after: skipped % 5, pathSuffix: ".segment", errno: EIO)
            )
            let some = try consumer.takeOnce(byteCount: 3000).messages
            for message in some { try consumer.requeue(message) }
        }
        disk.removeFaults()

        #expect(try test.counts() == [60, 2940, 0])
        #expect(Set(try consumer.take().bodies) == Set((0..<60).map { bodies[$0 * 50] }))
    }
}
