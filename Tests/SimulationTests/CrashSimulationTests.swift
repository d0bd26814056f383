import DiskQueue
import DiskQueueTesting
import Glibc
import Synchronization
import Testing

/// The real engine, killed and cut off from power at every place.
@Suite("Crash simulation")
struct CrashSimulationTests {
    /// Seeds and sizes: fixed, unless a long run sets others.
    private static let seed = number("NSQ_SEED") ?? 1
    private static let states = number("NSQ_STATES").map { Int($0) } ?? 108_000

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    /// A share of all states, visited beside the others.
    struct Share: CustomTestStringConvertible, Sendable {
        let model: CrashModel
        /// Of the states of its model: which part, of how many.
        let part: Int
        let count: Int

        var testDescription: String { "\(model) \(part + 1) of \(count)" }
    }

    static let shares = [
        Share(model: .powerLoss, part: 0, count: 2), Share(model: .powerLoss, part: 1, count: 2),
        Share(model: .processDeath, part: 0, count: 1),
    ]

    /// The states that were seen so far in all shares: what is told is distinct among all.
    private static let seen = Mutex<Set<UInt64>>([])

    @Test(arguments: shares)
    func keepsEveryPromise(share: Share) {
        var campaign = CrashCampaign(model: share.model)
        campaign.options = CrashCampaign.options(share.model)
        campaign.engine.policy = share.model == .powerLoss ? .always : .interval
        campaign.recovery = campaign.engine
        campaign.patience = 5
        let limit = Self.states * (share.model == .powerLoss ? 3 : 1) / 4 / share.count
        var outcome = CrashCampaign.Outcome()
        let first = Self.seed &+ UInt64(share.part) &* 1_000_000
        var seed = first
        while outcome.fingerprints.count < limit, outcome.violations.count < campaign.patience {
            campaign.engine.segmentBytes = 700 + Int(seed % 5) * 300
            campaign.run(seed: seed, limit: limit, into: &outcome)
            seed += 1
        }
        let total = Self.seen.withLock { seen in
            seen.formUnion(outcome.fingerprints)
            return seen.count
        }
        print(
            "\(share.testDescription): \(outcome.tally.states) states at"
                + " \(outcome.tally.crashPoints) places, \(outcome.interruptedRecoveries) of"
                + " interrupted recoveries, \(outcome.fingerprints.count) distinct;"
                + " seeds \(first)..<\(seed); \(outcome.violations.count) violations;"
                + " \(total) distinct in all so far"
        )
        for violation in outcome.violations { Issue.record("\(violation)") }
    }
}
