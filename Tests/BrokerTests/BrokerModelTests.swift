import Testing

/// The broker does what a model of a page of code does, whatever happens in whatever order.
@Suite("Broker against a model")
struct BrokerModelTests {
    @Test(arguments: 0..<40)
    func agreesWithTheModel(seed: Int) throws {
        let run = try ModelRun(seed: UInt64(seed))
        do {
            try run.run(1000)
        } catch {
            let journal = run.journal.suffix(40).joined(separator: "\n")
            Issue.record("seed \(seed), step \(run.journal.count):\n\(journal)")
            throw error
        }
        #expect(run.deliveryCount > 100)
    }
}
