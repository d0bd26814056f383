import DiskQueue
import DiskQueueTesting

/// Runs workloads on the real engine and recovers from the states that crashes leave of them.
///
/// A run is a chain of lives: from the states of each life one is picked, and the next life begins
/// with it, so that recoveries build on recoveries.
struct CrashCampaign {
    /// The kind of crash.
    let model: CrashModel
    /// How the engine runs.
    var engine = Engine()
    /// How the engine is opened on what a crash left; the checks may differ.
    var recovery = Engine()
    /// Bugs planted below the running engine.
    var bugs: PlantedBugs = []
    /// Faults of the disk during a life.
    var faults: ((inout SeededGenerator) -> [DiskFault])?
    /// Steps of a life.
    var steps = 40
    /// Lives of a run.
    var lives = 4
    /// How many states to visit at each crash point.
    var options = CrashOptions()
    /// Violations after which a run ends.
    var patience = 1

    /// What came out.
    struct Outcome {
        var tally = CrashTally()
        /// States of recoveries that were interrupted themselves.
        var interruptedRecoveries = 0
        var fingerprints: Set<UInt64> = []
        var violations: [String] = []
    }

    /// States as a campaign visits them: fewer at each point, so that more histories are seen.
    static func options(_ model: CrashModel) -> CrashOptions {
        var options = CrashOptions()
        options.exhaustiveLimit = 16
        options.prefixLimit = 4
        options.omissionLimit = 4
        options.randomCount = 4
        options.sectorCutLimit = 3
        options.randomCutCount = 2
        return options
    }

    /// Runs all lives of `seed`, until `outcome` has `limit` distinct states.
    func run(seed: UInt64, limit: Int = .max, into outcome: inout Outcome) {
        var random = SeededGenerator(seed: seed)
        do {
            var start = Workload.Start(image: try Engine.newDisk(), promises: Promises(model))
            start.promises.now = 1_767_225_600_000
            for life in 0..<lives where outcome.fingerprints.count < limit {
                let place = "seed \(seed), life \(life)"
                guard let next = try live(start, &random, place, &outcome) else { return }
                start = next
            }
        } catch {
            outcome.violations.append("seed \(seed): \(error)")
        }
    }

    /// One life: a workload, its crash states, and the start of the next life.
    private func live(
        _ start: Workload.Start,
        _ random: inout SeededGenerator,
        _ place: String,
        _ outcome: inout Outcome
    ) throws -> Workload.Start? {
        let work = try Workload(
            start,
            engine,
            seed: random.next(),
            planting: bugs,
            faults: faults?(&random) ?? []
        )
        try work.run(steps, mayFail: faults != nil)
        if let violation = work.violations.first { throw Violation("\(place): \(violation)") }
        if faults == nil, bugs.isEmpty, let refusal = work.refusals.first {
            throw Violation("\(place): refused \(refusal)")
        }
        var visit = Visit(campaign: self, work: work, promises: start.promises, place: place)
        visit.random = SeededGenerator(seed: random.next())
        visit.outcome = outcome
        defer { outcome = visit.outcome }
        var seeded = SeededGenerator(seed: random.next())
        do {
            let tally = try CrashStates(of: work.disk, options: options).visit(
                model,
                random: &seeded
            ) { image, count in
                try visit.examine(image, count)
            }
            visit.outcome.tally = visit.outcome.tally + tally
        } catch is EndOfVisit { return nil }
        return visit.next
    }

    /// Ends a visit: enough violations were found.
    struct EndOfVisit: Error {}
}
