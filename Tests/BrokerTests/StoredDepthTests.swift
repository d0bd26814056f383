import Broker
import DiskQueueTesting
import Testing

/// What lay on disk when the daemon started counts as the original's backend.
@Suite("Stored depth")
struct StoredDepthTests {
    @Test func countsWhatWasThereAtTheStart() throws {
        let test = try TestBroker()
        _ = try test.channel()
        try test.publish(["1", "2", "3", "4"])
        #expect(try test.statistics(of: "c").backendDepth == 0)

        try test.restart(after: .clean)
        #expect(try test.statistics(of: "c").backendDepth == 4)
        try test.publish(["5", "6"])
        #expect(try test.statistics(of: "c").depth == 6)
        #expect(try test.statistics(of: "c").backendDepth == 4)

        let consumer = try test.consumer(ready: 3)
        #expect(try consumer.take().count == 3)
        #expect(try test.statistics(of: "c").backendDepth == 1)
        consumer.setReady(100)
        #expect(try consumer.take().count == 3)
        #expect(try test.statistics(of: "c").backendDepth == 0)
    }

    @Test func countsATopicsOwn() throws {
        let test = try TestBroker()
        try test.publish(["1", "2"])
        try test.restart(after: .killed)
        try test.publish("3")

        #expect(try test.statistics().depth == 3)
        #expect(try test.statistics().backendDepth == 2)

        _ = try test.channel()
        #expect(try test.statistics().backendDepth == 0)
        #expect(try test.statistics(of: "c").depth == 3)
        #expect(try test.statistics(of: "c").backendDepth == 0)
    }

    @Test func countsWhatWasInFlightAtTheStop() throws {
        let test = try TestBroker()
        let consumer = try test.consumer(ready: 2)
        try test.publish(["1", "2", "3"])
        #expect(try consumer.take().count == 2)

        try test.restart(after: .clean)

        #expect(try test.statistics(of: "c").depth == 3)
        #expect(try test.statistics(of: "c").backendDepth == 3)
    }
}
