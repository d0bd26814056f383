import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// The real engine, killed and cut off from power at every place.
@Suite("Crash simulation")
struct CrashSimulationTests {
    /// Seeds and sizes: fixed, unless a long run sets others.
    private static let seed = number("NSQ_SEED") ?? 1
    private static let states = number("NSQ_STATES").map { Int($0) } ?? 120_000

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test(arguments: CrashModel.allCases)
    func keepsEveryPromise(model: CrashModel) {
        var campaign = CrashCampaign(model: model)
        campaign.options = CrashCampaign.options(model)
        campaign.engine.policy = model == .powerLoss ? .always : .interval
        campaign.recovery = campaign.engine
        campaign.patience = 5
        let limit = Self.states * (model == .powerLoss ? 3 : 1) / 4
        var outcome = CrashCampaign.Outcome()
        var seed = Self.seed
        while outcome.fingerprints.count < limit, outcome.violations.count < campaign.patience {
            campaign.engine.segmentBytes = 700 + Int(seed % 5) * 300
            campaign.run(seed: seed, limit: limit, into: &outcome)
            seed += 1
        }
        print(
            "\(model): \(outcome.tally.states) states at \(outcome.tally.crashPoints) places,"
                + " \(outcome.interruptedRecoveries) of interrupted recoveries,"
                + " \(outcome.fingerprints.count) distinct; seeds \(Self.seed)..<\(seed);"
                + " \(outcome.violations.count) violations"
        )
        for violation in outcome.violations { Issue.record("\(violation)") }
    }
}
