import NSQWire

/// The ids of consecutive FINs of one read, finished with one call.
final class FinishStage {
    /// Ids that one call takes; more are finished in several.
    private static let maximumCount = 16_384

    private static let initialCount = 256

    // SAFETY: used on the connection's loop only, by methods that do not call back.
    @exclusivity(unchecked)
    private var ids = ContiguousArray<UInt64>()

    /// Ids staged.
    private(set) var count = 0

    /// Whether no id is staged.
    var isEmpty: Bool { count == 0 }

    /// Whether the ids must be finished before the next one.
    var isFull: Bool { count == Self.maximumCount }

    /// Reads the plain FIN lines at the start of `input` behind the staged ids, and gives their number.
    ///
    /// They are staged only by ``commit(_:)``.
    func read(_ input: UnsafeRawBufferPointer) -> Int {
        makeRoom()
        let start = count
        return ids.withUnsafeMutableBufferPointer { ids in
            FinishRun.read(input, into: UnsafeMutableBufferPointer(rebasing: ids[start...]))
        }
    }

    /// Stages the first `newCount` ids that ``read(_:)`` found.
    func commit(_ newCount: Int) {
        count += newCount
    }

    /// Stages one id.
    func append(_ id: UInt64) {
        makeRoom()
        ids[count] = id
        count += 1
    }

    /// Hands the staged ids to `body` and forgets them.
    func drain(_ body: (UnsafeBufferPointer<UInt64>) -> Void) {
        let staged = count
        count = 0
        ids.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[..<staged])) }
    }

    private func makeRoom() {
        guard count == ids.count else { return }
        let added = ids.isEmpty ? Self.initialCount : min(ids.count, Self.maximumCount - ids.count)
        ids.append(contentsOf: repeatElement(0, count: added))
    }
}
