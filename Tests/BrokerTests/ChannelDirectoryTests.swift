import Broker
import DiskQueueTesting
import NSQCore
import Synchronization
import Testing

/// A topic that is new here and known elsewhere.
@Suite("Channels known elsewhere", .timeLimit(.minutes(10)))
struct ChannelDirectoryTests {
    private let test: TestBroker
    private let directory = SlowDirectory()

    init() throws {
        test = try TestBroker()
        test.broker.ask(directory)
    }

    @Test func eachOfThemGetsTheFirstMessage() throws {
        try test.publish(["a", "b"])
        #expect(try test.statistics().depth == 2)
        directory.answer(["x", "y"])
        try test.publish("c")

        #expect(try test.consumer("x").take().bodies == ["a", "b", "c"])
        #expect(try test.consumer("y").take().bodies == ["a", "b", "c"])
        #expect(try test.statistics().depth == 0)
    }

    @Test func aConsumerThatCameMeanwhileWaitsWithThemAndLosesNothing() throws {
        try test.publish("a")
        let consumer = try test.consumer("mine")
        try test.publish("b")
        #expect(try consumer.take().isEmpty)

        directory.answer(["x", "mine"])

        #expect(try consumer.take().bodies == ["a", "b"])
        #expect(try test.consumer("x").take().bodies == ["a", "b"])
    }

    @Test func withoutAnAnswerTheFirstConsumerGetsEverything() throws {
        try test.publish("a")
        directory.answer([])
        try test.publish("b")
        #expect(try test.statistics().depth == 2)

        #expect(try test.consumer().take().bodies == ["a", "b"])
    }

    @Test func aTopicPausedMeanwhileStaysPaused() throws {
        try test.publish("a")
        try test.topic().pause()
        directory.answer(["x"])
        #expect(try test.consumer("x").take().isEmpty)
        try test.topic().unpause()

        #expect(try test.consumer("x").take().bodies == ["a"])
    }

    @Test func unpausingDoesNotEndTheWait() throws {
        try test.publish("a")
        let consumer = try test.consumer("mine")
        try test.topic().pause()
        try test.topic().unpause()
        #expect(try consumer.take().isEmpty)

        directory.answer(["x"])

        #expect(try consumer.take().bodies == ["a"])
        #expect(try test.consumer("x").take().bodies == ["a"])
    }

    @Test(arguments: [TestBroker.End.clean, .killed, .killedEarly, .lostPower])
    func aRestartEndsTheWait(end: TestBroker.End) throws {
        try test.publish("a")
        _ = try test.channel("mine")
        try test.restart(after: end)

        #expect(try test.consumer("mine").take().bodies == ["a"])
        try test.publish("b")
        #expect(try test.counts("mine") == [1, 1, 0])
    }

    @Test func aTopicDeletedMeanwhileIsLeftAlone() throws {
        try test.publish("a")
        try test.broker.deleteTopic(test.topic().name)
        directory.answer(["x"])

        #expect(test.broker.registrations.isEmpty)
    }

    @Test func deferredMessagesBeginToWaitWhenTheChannelsAreKnown() throws {
        try test.publish("later", after: .seconds(10))
        test.time.advance(by: .seconds(5))
        directory.answer(["x"])
        #expect(try test.counts("x") == [0, 0, 1])
    }
}

/// A directory whose answer a test gives.
private final class SlowDirectory: ChannelDirectory {
    private let waiting = Mutex<[@Sendable ([ChannelName]) -> Void]>([])

    func canAsk(about topic: TopicName) -> Bool { true }

    func ask(about topic: TopicName, _ proceed: @escaping @Sendable ([ChannelName]) -> Void) {
        waiting.withLock { $0.append(proceed) }
    }

    /// Answers all questions so far.
    func answer(_ channels: [String]) {
        let questions = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for question in questions { question(channels.compactMap { ChannelName($0) }) }
    }
}
