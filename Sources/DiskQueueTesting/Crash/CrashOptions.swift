/// How far ``CrashStates`` goes where the states are too many to visit all.
package struct CrashOptions: Sendable {
    /// Up to so many combinations at one crash point all are visited: 256 is every subset of 8
    /// pieces.
    package var exhaustiveLimit = 256

    /// Otherwise: how many states in which everything persisted up to one moment and nothing later.
    package var prefixLimit = 64

    /// And how many states in which a single piece is missing.
    package var omissionLimit = 64

    /// And how many random subsets.
    package var randomCount = 64

    /// How many sector boundaries at most cut the write during which a process dies.
    package var sectorCutLimit = 64

    /// At how many random bytes besides.
    package var randomCutCount = 4

    /// Whether a sector that persists holds all earlier pending writes to it as well.
    ///
    /// Disks write a sector as a whole, so false is stricter than they are.
    package var keepsOrderWithinSector = false

    /// The limits of the fast lane.
    package init() {}
}
