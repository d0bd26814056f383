import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// A disk that fails at each of its calls in turn: what was acknowledged outlives it.
@Suite("Disk faults")
struct FaultSweepTests {
    /// How a call fails.
    struct Failure: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let errno: Int32
        let isSticky: Bool
        var writtenPart = DiskFault.WrittenPart.nothing
    }

    static let failures = [
        Failure(testDescription: "EIO once", errno: EIO, isSticky: false),
        Failure(testDescription: "EIO from then on", errno: EIO, isSticky: true),
        Failure(testDescription: "full once", errno: ENOSPC, isSticky: false, writtenPart: .half),
        Failure(testDescription: "full from then on", errno: ENOSPC, isSticky: true),
    ]

    /// The same steps each time, as long as nothing fails.
    private func workload(seed: UInt64, _ faults: [DiskFault]) throws -> Workload {
        var start = Workload.Start(image: try Engine.newDisk(), promises: Promises(.processDeath))
        start.promises.now = 1_767_225_600_000
        var engine = Engine()
        engine.segmentBytes = 900
        let work = try Workload(start, engine, seed: seed, faults: faults)
        try work.run(60, mayFail: true)
        return work
    }

    /// What is wrong with what a start on the repaired disk finds.
    private func violations(after work: Workload) throws -> [String] {
        let found = try Observation(
            work.disk.image,
            work.engine,
            after: .died,
            wallMilliseconds: work.promises.now
        )
        return work.violations + work.promises.violations(in: found)
    }

    @Test(arguments: failures)
    func nothingAcknowledgedIsLostWhicheverCallFails(failure: Failure) throws {
        var runs = 0
        var refusals = 0
        for seed in 1...3 as ClosedRange<UInt64> {
            var call = 0
            while true {
                let fault = DiskFault(
                    of: .all,
                    after: call,
                    errno: failure.errno,
                    isSticky: failure.isSticky,
                    writtenPart: failure.writtenPart
                )
                let work: Workload
                do {
                    work = try workload(seed: seed, [fault])
                    let violations = try violations(after: work)
                    if !violations.isEmpty { throw Violation("\(violations)") }
                } catch {
                    Issue.record("seed \(seed), call \(call): \(error)")
                    return
                }
                runs += 1
                refusals += work.refusals.count
                // The fault came too late to hit anything.
                if work.disk.faultCount == 0 { break }
                call += 1
            }
        }
        print("\(failure.testDescription): \(runs) runs, \(refusals) refusals")
        #expect(refusals > 0)
    }

    /// As the crash simulation, on a disk that reports failures: what it did not take may be gone.
    @Test func nothingAcknowledgedIsLostWhenPowerFailsToo() {
        var campaign = CrashCampaign(model: .powerLoss)
        campaign.options = CrashCampaign.options(.powerLoss)
        campaign.faults = { random in
            let failure = Self.failures[random.below(Self.failures.count)]
            let calls: [DiskFault.Calls] = [
                .synchronizeData, .synchronizeDirectory, .write, [.rename, .truncate], .all,
            ]
            return [
                DiskFault(
                    of: calls[random.below(calls.count)],
                    after: random.below(40),
                    errno: failure.errno,
                    isSticky: failure.isSticky,
                    writtenPart: failure.writtenPart
                )
            ]
        }
        var outcome = CrashCampaign.Outcome()
        var seed: UInt64 = 1
        while outcome.fingerprints.count < 15_000, outcome.violations.isEmpty {
            campaign.engine.segmentBytes = 700 + Int(seed % 5) * 300
            campaign.recovery = campaign.engine
            campaign.run(seed: seed, into: &outcome)
            seed += 1
        }
        print("power loss after faults: \(outcome.fingerprints.count) distinct states")
        for violation in outcome.violations { Issue.record("\(violation)") }
    }
}
