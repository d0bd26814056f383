/// The states that were handed out, so that none is handed out twice under the same marks.
struct VisitedStates {
    /// What the visit amounts to so far.
    var tally = CrashTally()

    private var lastMarkCounts: [UInt64: Int] = [:]

    /// Hands out one state, unless it was before under the same marks.
    mutating func offer(
        _ image: DiskImage,
        _ fingerprint: UInt64,
        _ operationCount: Int,
        markedBy markCount: Int,
        _ body: (DiskImage, _ operationCount: Int) throws -> Void
    ) rethrows {
        let last = lastMarkCounts.updateValue(markCount, forKey: fingerprint)
        if last == markCount { return }
        tally.states += 1
        if last == nil { tally.distinctStates += 1 }
        try body(image, operationCount)
    }
}
