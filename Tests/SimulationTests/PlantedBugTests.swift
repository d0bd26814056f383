import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// Bugs planted on purpose: a simulation that finds nothing proves something only if it finds these.
@Suite("Planted bugs")
struct PlantedBugTests {
    /// One bug, below the engine or in its recovery.
    struct Bug: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var model = CrashModel.powerLoss
        var planted: PlantedBugs = []
        var missing: RecoveryChecks = []
        /// Whether it shows only on a disk whose syncs fail.
        var needsFailingSyncs = false
    }

    static let bugs = [
        Bug(testDescription: "acknowledges before the sync", planted: .dropsDataSync),
        Bug(testDescription: "never syncs a folder", planted: .dropsDirectorySync),
        Bug(
            testDescription: "forgets the folder of all topics",
            planted: .dropsTopicsDirectorySync
        ),
        Bug(testDescription: "forgets a rolled segment", planted: .dropsSyncOfOlderSegments),
        Bug(testDescription: "never syncs ledgers", planted: .dropsLedgerSync),
        Bug(testDescription: "tears renames", model: .processDeath, planted: .tearsRename),
        Bug(
            testDescription: "takes short writes for whole ones",
            model: .processDeath,
            planted: .acknowledgesShortWrites
        ),
        Bug(
            testDescription: "believes a sync that was tried again",
            planted: .retriesFailedDataSync,
            needsFailingSyncs: true
        ),
        Bug(testDescription: "checks no payload", missing: .payloadChecksum),
        Bug(testDescription: "takes batches of an earlier use", missing: .segmentIdentity),
        Bug(testDescription: "serves before it has synced", missing: .syncBeforeServing),
    ]

    @Test(arguments: bugs)
    func isFound(bug: Bug) {
        var campaign = CrashCampaign(model: bug.model)
        campaign.options = CrashCampaign.options(bug.model)
        campaign.bugs = bug.planted
        campaign.engine.checks = RecoveryChecks.all.subtracting(bug.missing)
        if bug.needsFailingSyncs {
            campaign.faults = { random in
                [DiskFault(of: .synchronizeData, after: random.below(20), errno: EIO)]
            }
        }
        var outcome = CrashCampaign.Outcome()
        var seed: UInt64 = 1
        while outcome.violations.isEmpty, outcome.fingerprints.count < 60_000 {
            campaign.engine.segmentBytes = 700 + Int(seed % 5) * 300
            campaign.recovery = campaign.engine
            campaign.run(seed: seed, into: &outcome)
            seed += 1
        }
        print(
            "\(bug.testDescription): seed \(seed - 1), \(outcome.fingerprints.count) states:"
                + " \(outcome.violations.first ?? "not found")"
        )
        #expect(!outcome.violations.isEmpty, "the simulation does not find it")
    }
}
