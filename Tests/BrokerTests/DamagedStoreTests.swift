import Broker
import DiskQueue
import DiskQueueTesting
import Testing

/// What is published and kept when files of the store are damaged, mixed up or older than others.
@Suite("Damaged store", .timeLimit(.minutes(10)))
struct DamagedStoreTests {
    private let test: TestBroker
    private let folder = "/data/topics/1"

    init() throws { test = try TestBroker() }

    enum Damage: CaseIterable {
        case header, payload, cut, zeroed, gone
    }

    /// Harms the last batch of the topic's log, one message of five bytes.
    private func harm(_ damage: Damage) throws {
        let path = "\(folder)/\(try #require(test.segmentFiles().last))"
        let file = try test.disk.open(path, .readWrite)
        let end = try file.size()
        let start = end - 5 - SegmentFormat.messageHeaderBytes - SegmentFormat.batchHeaderBytes
        switch damage {
        case .header: try flip(file, at: start + 20)
        case .payload: try flip(file, at: end - 1)
        case .cut: try file.truncate(to: end - 3)
        case .zeroed: try file.write([UInt8](repeating: 0, count: end - start), at: start)
        case .gone: try test.disk.remove(path)
        }
    }

    private func flip(_ file: any File, at offset: Int) throws {
        let byte = try file.bytes(at: offset, count: 1)
        try file.write([byte[0] ^ 1], at: offset)
    }

    private var lostMessages: UInt64 {
        test.reported.reduce(0) { count, event in
            guard case .store(.recovered(let report)) = event else { return count }
            return count + report.topics.reduce(0) { $0 + $1.lostMessages }
        }
    }

    @Test(arguments: Damage.allCases, [TestBroker.End.clean, .killed])
    func numbersThatAreFinishedAreNotGivenToNewMessages(
        damage: Damage,
        end: TestBroker.End
    ) throws {
        let consumer = try test.consumer()
        for number in 0..<10 { try test.publish("old \(number)") }
        consumer.finish(try consumer.take())
        try test.restart(after: end) { try harm(damage) }

        for number in 0..<5 { try test.publish("new \(number)") }
        try test.restart(after: end)
        let bodies = try test.consumer().take().bodies
        #expect(bodies.filter { $0.hasPrefix("new") } == (0..<5).map { "new \($0)" })
    }

    @Test func aLedgerIsBelievedOfItsOwnChannelOnly() throws {
        let one = try test.consumer("one")
        _ = try test.channel("two")
        try test.publish((0..<10).map { "\($0)" })
        one.finish(try one.take())
        let two = try test.consumer("two", ready: 1)
        two.finish(try two.take())
        try test.restart(after: .killed) {
            for (from, to) in [("1", "x"), ("2", "1"), ("x", "2")] {
                try test.disk.rename("\(folder)/\(from).ledger", to: "\(folder)/\(to).ledger")
            }
        }

        #expect(
            try Set(test.consumer("two").take().bodies).isSuperset(of: (1..<10).map { "\($0)" })
        )
    }

    @Test func aLedgerOfAnEarlierTopicOfThatNumberTakesNothing() throws {
        let path = "\(folder)/1.ledger"
        let old = try test.consumer()
        try test.publish(["a", "b", "c"])
        old.finish(Array(try old.take().dropFirst()))
        var ledger: [UInt8] = []
        try test.restart(after: .killed) {
            let file = try test.disk.open(path, .readOnly)
            ledger = try file.bytes(at: 0, count: file.size())
        }
        try test.deleteTopic()
        try test.restart(after: .clean)
        test.pass(.seconds(60))
        let new = try test.consumer()
        try test.publish(["d", "e"])
        new.finish(try new.take())
        try test.publish(["f"])
        try test.restart(after: .killed) {
            try test.disk.open(path, .readWrite).write(ledger, at: 0)
        }

        #expect(try test.consumer().take().bodies.contains("f"))
    }

    @Test func anEmptiedChannelStaysEmpty() throws {
        let channel = try test.channel()
        try test.publish((0..<10).map { "\($0)" })
        try channel.empty()
        try test.restart(after: .killedEarly)
        #expect(try test.counts() == [0, 0, 0])
    }

    @Test(arguments: RestartTests.ends)
    func changesOfATopicWithoutMessagesTakeBoundedRoom(end: TestBroker.End) throws {
        let test = try TestBroker(segmentBytes: 20_000)
        for number in 0..<30 { _ = try test.channel("channel-\(number)") }
        for _ in 0..<200 {
            try test.topic().pause()
            try test.topic().unpause()
        }
        let bytes = try test.segmentFiles().reduce(0) { sum, name in
            sum + (try test.disk.open("\(folder)/\(name)", .readOnly).size())
        }
        #expect(bytes < 60_000)
        try test.publish("before")
        try test.restart(after: end)

        #expect(try test.statistics().channels.count == 30)
        try test.publish("behind")
        for number in [0, 29] {
            let bodies = try test.consumer("channel-\(number)").take().bodies
            #expect(bodies == ["before", "behind"])
        }
        #expect(lostMessages == 0)
    }
}
