import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// What a broker knows after it was stopped or killed and started again.
@Suite("Restart", .timeLimit(.minutes(10)))
struct RestartTests {
    private let test: TestBroker

    init() throws { test = try TestBroker() }

    static let ends: [TestBroker.End] = [.clean, .killed, .lostPower]

    @Test(arguments: ends)
    func finishedMessagesStayFinishedAndOthersComeBack(end: TestBroker.End) throws {
        let consumer = try test.consumer(ready: 6)
        _ = try test.channel("idle")
        try test.publish((0..<10).map { "\($0)" })
        let taken = try consumer.take()
        consumer.finish([taken[0], taken[2], taken[3], taken[5]])
        try test.restart(after: end)

        #expect(try test.counts() == [6, 0, 0])
        #expect(try test.counts("idle") == [10, 0, 0])
        let again = try test.consumer()
        let bodies = try again.take().bodies
        #expect(bodies.count == 6)
        #expect(Set(bodies) == ["1", "4", "6", "7", "8", "9"])
        #expect(try test.consumer("idle").take().count == 10)
    }

    @Test(arguments: ends + [.killedEarly])
    func everythingPublishedIsThereAgain(end: TestBroker.End) throws {
        _ = try test.channel()
        for number in 0..<100 { try test.publish("\(number)") }
        try test.publish("topic without channel", to: "other")
        try test.restart(after: end)

        #expect(try test.statistics("other").depth == 1)
        #expect(try test.consumer().take().bodies == (0..<100).map { "\($0)" })
        #expect(try test.consumer(of: "other").take().bodies == ["topic without channel"])
    }

    @Test(arguments: ends)
    func attemptsOfRequeuedMessagesAreKept(end: TestBroker.End) throws {
        let consumer = try test.consumer(timeout: .seconds(1))
        try test.publish(["requeued", "timed out"])
        for _ in 0..<3 {
            for message in try consumer.take() where message.body == "requeued" {
                try consumer.requeue(message)
            }
            test.pass(.seconds(1))
        }
        try test.restart(after: end)

        let taken = try test.consumer().take()
        #expect(
            Dictionary(taken.map { ($0.body, $0.attempts) }) { $1 } == [
                "requeued": 4, "timed out": 4,
            ]
        )
    }

    @Test(arguments: ends + [.killedEarly])
    func whatIsPublishedBehindTheLossOfAnEphemeralChannelIsKept(end: TestBroker.End) throws {
        _ = try test.channel("tail#ephemeral")
        try test.restart(after: end)
        try test.publish(["a", "b"])
        #expect(try test.statistics().depth == 2)
        try test.restart(after: end)

        #expect(try test.statistics().depth == 2)
        try test.restart(after: end)
        #expect(try test.consumer().take().bodies == ["a", "b"])
    }

    @Test func anEmptiedTopicStaysEmptyThoughTheProcessDies() throws {
        _ = try test.channel()
        try test.topic().pause()
        try test.publish(["a", "b"])
        try test.topic().empty()
        try test.restart(after: .killedEarly)

        #expect(try test.statistics().depth == 0)
        #expect(try test.counts() == [0, 0, 0])
    }

    @Test func attemptsOfMessagesInFlightAreKeptByACleanStop() throws {
        let consumer = try test.consumer()
        try test.publish(["a", "b"])
        let taken = try consumer.take()
        try consumer.requeue(taken[0])
        _ = try consumer.take()
        try test.restart(after: .clean)

        let attempts = try test.consumer().take().map { "\($0.body)\($0.attempts)" }
        #expect(Set(attempts) == ["a3", "b2"])
    }

    @Test(arguments: ends)
    func deferralIsKept(end: TestBroker.End) throws {
        let consumer = try test.consumer()
        try test.publish("published", after: .seconds(10))
        try test.publish("requeued")
        try consumer.requeue(try #require(consumer.take().first), after: .seconds(20))
        test.pass(.seconds(4))
        try test.restart(after: end)

        #expect(try test.counts() == [0, 0, 2])
        let again = try test.consumer()
        #expect(try again.take().isEmpty)
        test.pass(.milliseconds(5999))
        #expect(try again.take().isEmpty)
        test.pass(.milliseconds(1))
        #expect(try again.take().map { "\($0.body)\($0.attempts)" } == ["published1"])
        test.pass(.seconds(10))
        #expect(try again.take().map { "\($0.body)\($0.attempts)" } == ["requeued2"])
    }

    @Test func aWallClockSetBackNeverProlongsADelay() throws {
        _ = try test.channel()
        try test.publish("a", after: .seconds(10))
        try test.broker.flushLedgers()
        test.time.jumpWall(by: .seconds(-100_000))
        try test.restart(after: .killed)

        let consumer = try test.consumer()
        test.pass(.seconds(10))
        #expect(try consumer.take().bodies == ["a"])
    }

    @Test(arguments: ends)
    func aDelayThatBeganAtTheUnpauseIsKept(end: TestBroker.End) throws {
        _ = try test.channel()
        try test.topic().pause()
        try test.publish("a", after: .seconds(10))
        test.pass(.seconds(100))
        try test.topic().unpause()
        test.pass(.seconds(1))
        try test.restart(after: end)

        #expect(try test.counts() == [0, 0, 1])
        test.pass(.seconds(8))
        #expect(try test.counts() == [0, 0, 1])
        test.pass(.seconds(1))
        #expect(try test.counts() == [1, 0, 0])
    }

    @Test(arguments: ends)
    func aDelayThatHasNotBegunStillHasItsWholeLength(end: TestBroker.End) throws {
        try test.publish("a", after: .seconds(10))
        test.pass(.seconds(100))
        try test.restart(after: end)

        let consumer = try test.consumer()
        test.pass(.milliseconds(9999))
        #expect(try consumer.take().isEmpty)
        test.pass(.milliseconds(1))
        #expect(try consumer.take().bodies == ["a"])
    }

    @Test(arguments: ends)
    func pausesAndHeldMessagesAreKept(end: TestBroker.End) throws {
        _ = try test.channel("a")
        _ = try test.channel("b")
        try test.channel("b").pause()
        try test.publish("passed")
        try test.topic().pause()
        try test.publish("held")
        try test.restart(after: end)

        #expect(try test.statistics().isPaused)
        #expect(try test.statistics().depth == 1)
        #expect(try test.statistics(of: "b").isPaused)
        let first = try test.consumer("a")
        let second = try test.consumer("b")
        let third = try test.consumer("made-while-paused")
        #expect(try first.take().bodies == ["passed"])
        #expect(try second.take().isEmpty)
        try test.channel("b").unpause()
        try test.topic().unpause()
        #expect(try first.take().bodies == ["held"])
        #expect(try second.take().bodies == ["passed", "held"])
        #expect(try third.take().bodies == ["held"])
    }

    @Test(arguments: ends)
    func emptiedTopicsAndChannelsStayEmpty(end: TestBroker.End) throws {
        _ = try test.channel()
        try test.publish(["a", "b"])
        try test.publish("later", after: .seconds(10))
        try test.channel().empty()
        try test.topic().pause()
        try test.publish("held")
        try test.publish("held later", after: .seconds(10))
        try test.topic().empty()
        try test.publish("new")
        try test.restart(after: end)

        #expect(try test.counts() == [0, 0, 0])
        #expect(try test.statistics().depth == 1)
        try test.topic().unpause()
        test.pass(.seconds(20))
        #expect(try test.consumer().take().bodies == ["new"])
    }

    @Test(arguments: ends)
    func deletedTopicsAndChannelsStayDeleted(end: TestBroker.End) throws {
        _ = try test.channel("kept")
        _ = try test.channel("gone")
        try test.publish("a")
        try test.publish("b", to: "gone-topic")
        try test.deleteChannel("gone")
        try test.deleteTopic("gone-topic")
        try test.restart(after: end)

        #expect(test.broker.statistics(topic: nil, channel: nil).map(\.name) == ["orders"])
        #expect(try test.statistics().channels.map(\.name) == ["kept"])
        #expect(try test.consumer("gone").take().isEmpty)
    }

    @Test(arguments: ends)
    func idsKeepRising(end: TestBroker.End) throws {
        let consumer = try test.consumer()
        try test.publish(["a", "b"])
        var last = try #require(try consumer.take().last).id
        for round in 0..<5 {
            try test.restart(after: end)
            try test.publish("\(round)")
            let again = try test.consumer()
            let newest = try #require(try again.take().map(\.id).max())
            #expect(newest > last)
            last = newest
        }
    }

    @Test func afterAPowerLossNumbersThatMayHaveBeenSeenAreNotGivenOutAgain() throws {
        let consumer = try test.consumer()
        try test.publish("a")
        let before = MessageID(rawValue: try #require(try consumer.take().first).id).sequence
        try test.restart(after: .lostPower)
        try test.publish("b")

        let taken = try test.consumer().take()
        let after = MessageID(rawValue: try #require(taken.last).id).sequence
        #expect(taken.bodies == ["a", "b"])
        #expect(after == before + 1 + 1 << 24)
        #expect(try test.counts() == [0, 2, 0])
    }

    @Test func manyPowerLossesInARowLoseNothing() throws {
        _ = try test.channel()
        for round in 0..<20 {
            try test.publish("\(round)")
            try test.restart(after: .lostPower)
        }
        let consumer = try test.consumer(ready: 3)

        var seen: [String] = []
        while true {
            let taken = try consumer.take()
            if taken.isEmpty { break }
            seen += taken.bodies
            consumer.finish(taken)
        }
        #expect(seen == (0..<20).map { "\($0)" })
        #expect(try test.counts() == [0, 0, 0])
    }

    @Test func aCaughtUpChannelSettlesAcrossTheJumpOfAPowerLoss() throws {
        _ = try test.channel()
        try test.restart(after: .lostPower)
        let consumer = try test.consumer()
        try test.publish((0..<3000).map { "\($0)" })
        let taken = try consumer.take()
        #expect(taken.count == 3000)
        #expect(consumer.finish(taken).isEmpty)

        #expect(consumer.finish([taken[0]]) == [0: .notInFlight])
        #expect(try test.counts() == [0, 0, 0])
        try test.restart(after: .killed)
        #expect(try test.counts() == [0, 0, 0])
    }

    @Test func aRestartWithNothingNewChangesNothing() throws {
        let consumer = try test.consumer(ready: 3)
        try test.publish((0..<10).map { "\($0)" })
        consumer.finish([try consumer.take()[1]])
        for _ in 0..<5 {
            for end in Self.ends {
                try test.restart(after: end)
                #expect(try test.counts() == [9, 0, 0])
            }
        }
    }

    @Test func anUncleanStartIsReported() throws {
        try test.publish("a")
        try test.restart(after: .killed)

        let reports = test.reported.compactMap { event -> RecoveryReport? in
            if case .store(.recovered(let report)) = event { report } else { nil }
        }
        #expect(reports.map(\.topicCount) == [1])
        #expect(reports.first?.isClean == true)
    }

    // MARK: - Checkpoints

    @Test(arguments: ends)
    func aCheckpointKeepsEverything(end: TestBroker.End) throws {
        let consumer = try test.consumer(ready: 8, timeout: .seconds(1000))
        try test.publish((0..<12).map { "\($0)" })
        try test.publish("deferred", after: .seconds(100))
        let taken = try consumer.take()
        consumer.finish([taken[0], taken[1], taken[4]])
        try consumer.requeue(taken[2])
        try consumer.requeue(taken[3], after: .seconds(100))
        try test.broker.checkpointLedgers()
        consumer.finish([taken[5]])
        try test.broker.checkpointLedgers()
        consumer.finish([taken[6]])
        try test.restart(after: end)

        #expect(try test.counts() == [6, 0, 2])
        let again = try test.consumer(timeout: .seconds(1000))
        let back = Dictionary(try again.take().map { ($0.body, $0.attempts) }) { $1 }
        #expect(Set(back.keys) == ["2", "7", "8", "9", "10", "11"])
        #expect(back["2"] == 2 && back["8"] == 1)
        test.pass(.seconds(100))
        let late = try again.take().map { "\($0.body)\($0.attempts)" }
        #expect(Set(late) == ["32", "deferred1"])
    }

    @Test func finishesThatAMetadataLossLeavesInTheLedgerStayFinished() throws {
        let consumer = try test.consumer(ready: 5)
        try test.publish((0..<10).map { "\($0)" })
        consumer.finish(try consumer.take())
        try test.broker.checkpointLedgers()
        try test.restart(after: .killed)

        #expect(test.metadata.state.metadata.checkpoints.isEmpty)
        #expect(try test.counts() == [5, 0, 0])
    }

    @Test func numbersThatAPowerLossTookAreNotGivenOutAfterASecondStart() throws {
        let consumer = try test.consumer()
        try test.publish("kept")
        consumer.finish(try consumer.take())
        let path = "/data/topics/1/\(try #require(test.segmentFiles().last))"
        let size = try test.disk.open(path, .readOnly).size()
        try test.publish(["lost 1", "lost 2"])
        consumer.finish(try consumer.take())
        try test.broker.flushLedgers()
        // Of the ledger more reached the disk than of the segment.
        try test.disk.open(path, .readWrite).truncate(to: size)
        try test.restart(after: .lostPower)
        try test.restart(after: .killed)
        try test.publish("new")
        try test.restart(after: .killed)

        #expect(try test.consumer().take().bodies == ["new"])
    }

    @Test func theLedgerOfADeletedChannelGoesWithTheNextStart() throws {
        let consumer = try test.consumer("gone")
        try test.publish("a")
        consumer.finish(try consumer.take())
        try test.broker.flushLedgers()
        let path = "/data/topics/1/1.ledger"
        let bytes = try test.disk.open(path, .readOnly).bytes()
        try test.deleteChannel("gone")
        #expect(!test.disk.exists(path))
        // As if the process had died before it was removed.
        try test.disk.open(path, .createNew).write(bytes, at: 0)
        try test.restart(after: .killed)

        #expect(!test.disk.exists(path))
    }
}
