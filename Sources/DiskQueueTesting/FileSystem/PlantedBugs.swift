/// Bugs that ``FaultyFileSystem`` plants below a correct store.
///
/// A harness that does not find each of them proves nothing when it finds no other.
package struct PlantedBugs: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Names are never made durable.
    package static let dropsDirectorySync = PlantedBugs(rawValue: 1 << 0)
    /// Names in a directory called `topics` are never made durable, those below it are: the
    /// parent of a new topic's directory is forgotten.
    package static let dropsTopicsDirectorySync = PlantedBugs(rawValue: 1 << 1)
    /// Data is never made durable, although the store asks for it: it acknowledges before the sync.
    package static let dropsDataSync = PlantedBugs(rawValue: 1 << 2)
    /// Of the `.segment` files in a directory only the one made last is synced: a segment rolled
    /// in the middle of a commit is forgotten.
    package static let dropsSyncOfOlderSegments = PlantedBugs(rawValue: 1 << 3)
    /// Files ending in `.ledger` or `.tmp` are never synced.
    package static let dropsLedgerSync = PlantedBugs(rawValue: 1 << 4)
    /// Files are never cut: a partial batch stays, a torn tail too.
    package static let dropsTruncate = PlantedBugs(rawValue: 1 << 5)
    /// A rename of a file removes the target, copies and removes the source, so a crash may leave
    /// neither.
    package static let tearsRename = PlantedBugs(rawValue: 1 << 6)
    /// Of some writes only the first half is written, and success is reported.
    package static let acknowledgesShortWrites = PlantedBugs(rawValue: 1 << 7)
    /// A failed sync is tried again on the same file, and the second answer is believed.
    package static let retriesFailedDataSync = PlantedBugs(rawValue: 1 << 8)
}
