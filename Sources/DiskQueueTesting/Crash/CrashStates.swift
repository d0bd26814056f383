/// Every disk that a crash during a logged run may leave, for a harness to recover from and to
/// check.
///
/// ```swift
/// let disk = SimulatedFileSystem()
/// run(store: disk)                    // disk.mark(Mark("acknowledged", 7)) as promises are given
/// var random = SeededGenerator(seed: 1)
/// let tally = CrashStates(of: disk).visit(.powerLoss, random: &random) { image, operationCount in
///     check(SimulatedFileSystem(image: image), disk.log.marks(upTo: operationCount))
/// }
/// ```
package struct CrashStates: Sendable {
    /// What happened, in order.
    package let log: [DiskOperation]

    /// The disk before it, all of it durable.
    package let base: DiskImage

    /// How far to go.
    package var options: CrashOptions

    /// The crashes of the run that `log` tells of.
    package init(log: [DiskOperation], base: DiskImage, options: CrashOptions = CrashOptions()) {
        self.log = log
        self.base = base
        self.options = options
    }

    /// The crashes of everything that happened on `disk` so far.
    package init(of disk: SimulatedFileSystem, options: CrashOptions = CrashOptions()) {
        self.init(log: disk.log, base: disk.base, options: options)
    }

    /// Hands every state of every crash point to `body`, with the number of log entries that had
    /// happened.
    ///
    /// There is a crash point before the first operation and after each; the marks that follow an
    /// operation are taken to have happened with it, see
    /// ``Swift/Array/countBeforeLastOperation(of:)``. The same contents under the same marks are
    /// handed out once. What `body` throws ends the visit.
    @discardableResult
    package func visit(
        _ model: CrashModel,
        random: inout some RandomNumberGenerator,
        _ body: (DiskImage, _ operationCount: Int) throws -> Void
    ) rethrows -> CrashTally {
        var seeded = SeededGenerator(seed: random.next())
        switch model {
        case .processDeath: return try visitProcessDeaths(&seeded, body)
        case .powerLoss: return try visitPowerLosses(&seeded, body)
        }
    }

    private func visitProcessDeaths(
        _ random: inout SeededGenerator,
        _ body: (DiskImage, _ operationCount: Int) throws -> Void
    ) rethrows -> CrashTally {
        var states = ProcessDeathStates(base, options)
        var visited = VisitedStates()
        var end = countOfMarks(from: 0)
        var markCount = end
        while true {
            visited.tally.crashPoints += 1
            try states.visit { image, fingerprint in
                try visited.offer(image, fingerprint, end, markedBy: markCount, body)
            }
            if end == log.count { return visited.tally }
            try states.perform(log[end], &random) { image, fingerprint in
                try visited.offer(image, fingerprint, end, markedBy: markCount, body)
            }
            let marks = countOfMarks(from: end + 1)
            end += 1 + marks
            markCount += marks
        }
    }

    private func visitPowerLosses(
        _ random: inout SeededGenerator,
        _ body: (DiskImage, _ operationCount: Int) throws -> Void
    ) rethrows -> CrashTally {
        var disk = PowerLossDisk(base)
        var visited = VisitedStates()
        var end = countOfMarks(from: 0)
        var markCount = end
        while true {
            visited.tally.crashPoints += 1
            var states = PowerLossStates(of: disk, options)
            try states.visit(&random) { image, fingerprint in
                try visited.offer(image, fingerprint, end, markedBy: markCount, body)
            }
            if end == log.count { return visited.tally }
            disk.record(log[end])
            let marks = countOfMarks(from: end + 1)
            end += 1 + marks
            markCount += marks
        }
    }

    private func countOfMarks(from index: Int) -> Int {
        log[index...].prefix { operation in
            if case .mark = operation { true } else { false }
        }.count
    }
}
