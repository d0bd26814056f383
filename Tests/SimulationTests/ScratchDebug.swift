import DiskQueue
import DiskQueueTesting
import Glibc
import Testing
@Suite struct ScratchDebug {
    @Test func trace() throws {
        guard let s = getenv("DBG_SEED"), let seed = UInt64(String(cString: s)) else { return }
        let model: CrashModel = getenv("DBG_PL") != nil ? .powerLoss : .processDeath
        var campaign = CrashCampaign(model: model)
        campaign.options = CrashCampaign.options(model)
        campaign.engine.policy = model == .powerLoss ? .always : .interval
        campaign.recovery = campaign.engine
        campaign.engine.segmentBytes = 700 + Int(seed % 5) * 300
        campaign.trace = true
        var outcome = CrashCampaign.Outcome()
        campaign.run(seed: seed, into: &outcome)
        for v in outcome.violations { print("VIOLATION", v) }
    }
}
