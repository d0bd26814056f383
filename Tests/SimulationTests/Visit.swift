import DiskQueue
import DiskQueueTesting

/// The visit of one life's crash states.
struct Visit {
    let campaign: CrashCampaign
    let work: Workload
    /// What is promised at the state that is being visited.
    var promises: Promises
    let place: String
    var random = SeededGenerator(seed: 0)
    var outcome = CrashCampaign.Outcome()
    /// The state that the next life begins with: each with the same chance.
    var next: Workload.Start?

    private let log: [DiskOperation]
    private var logCount = 0
    private var eventCount = 0
    private var examined = 0

    init(campaign: CrashCampaign, work: Workload, promises: Promises, place: String) {
        self.campaign = campaign
        self.work = work
        self.promises = promises
        self.place = place
        log = work.disk.log
    }

    private var past: Engine.Past { campaign.model == .powerLoss ? .lostPower : .died }

    /// Recovers from one state and checks all promises.
    mutating func examine(_ image: DiskImage, _ count: Int) throws {
        advance(to: count)
        outcome.fingerprints.insert(image.fingerprint)
        // The metadata as it was at some moment before, most of the time lost.
        let states = work.metadataStates.filter { $0.eventCount <= eventCount }
        let metadata =
            random.below(4) == 0
            ? states[random.below(states.count)].state : MemoryMetadataStore.State()
        guard let found = recover(image, metadata, count) else { return try endOfPatience() }
        examined += 1
        if random.below(160) == 0 { try interrupt(image, metadata, count) }
        guard random.below(examined) == 0,
            !promises.topics.values.contains(where: \.mayBeOlder)
        else { return }
        var promises = promises
        promises.adopt(found, keepsDoubt: false)
        next = Workload.Start(
            image: image,
            promises: promises,
            past: past,
            metadata: metadata,
            nextNumber: work.nextNumber
        )
    }

    /// Recovers and checks; `nil` when a promise was broken.
    private mutating func recover(
        _ image: DiskImage,
        _ metadata: MemoryMetadataStore.State,
        _ count: Int,
        interrupted: String = ""
    ) -> Observation? {
        do {
            let found = try Observation(
                image,
                campaign.recovery,
                after: past,
                wallMilliseconds: promises.now,
                metadata: metadata
            )
            let violations = promises.violations(in: found)
            if violations.isEmpty { return found }
            report(violations, count, interrupted)
        } catch {
            report(["\(error)"], count, interrupted)
        }
        return nil
    }

    /// Crashes the recovery itself, at every place.
    private mutating func interrupt(
        _ image: DiskImage,
        _ metadata: MemoryMetadataStore.State,
        _ count: Int
    ) throws {
        let disk = SimulatedFileSystem(image: image)
        let time = ManualTime(wallNanoseconds: Int64(promises.now) * 1_000_000)
        _ = try campaign.recovery.open(
            disk,
            after: past,
            time: time,
            metadata: MemoryMetadataStore(metadata)
        )
        var seeded = SeededGenerator(seed: random.next())
        try CrashStates(of: disk, options: campaign.options).visit(
            campaign.model,
            random: &seeded
        ) { image, _ in
            outcome.interruptedRecoveries += 1
            outcome.fingerprints.insert(image.fingerprint)
            if recover(image, metadata, count, interrupted: ", recovery interrupted") == nil {
                try endOfPatience()
            }
        }
    }

    private func endOfPatience() throws {
        if outcome.violations.count >= campaign.patience { throw CrashCampaign.EndOfVisit() }
    }

    private mutating func report(_ violations: [String], _ count: Int, _ detail: String) {
        let last = log.prefix(count).last { operation in
            if case .mark = operation { false } else { true }
        }
        let event = eventCount > 0 ? "\(work.events[eventCount - 1])".prefix(100) : "start"
        let words = violations.prefix(3).joined(separator: "; ")
        outcome.violations.append(
            "\(place), operation \(count) (\(last.map { "\($0)" } ?? "none")), after \(event)"
                + "\(detail): \(words)"
        )
    }

    /// Brings the promises up to the first `count` entries of the log.
    private mutating func advance(to count: Int) {
        while logCount < count {
            if case .mark(let mark) = log[logCount], mark.kind == Workload.eventKind {
                promises.apply(work.events[Int(mark.subject)])
                eventCount += 1
            }
            logCount += 1
        }
    }
}
