/// What a visit of crash states amounted to.
package struct CrashTally: Sendable, Equatable {
    /// At how many places of the log the crash was tried.
    package var crashPoints = 0

    /// How many states were handed out: different ones, or the same ones under more marks.
    package var states = 0

    /// How many of them had different contents.
    package var distinctStates = 0

    /// Nothing yet.
    package init() {}

    /// The sum of two tallies; states of different logs count as different.
    package static func + (one: CrashTally, other: CrashTally) -> CrashTally {
        var sum = one
        sum.crashPoints += other.crashPoints
        sum.states += other.states
        sum.distinctStates += other.distinctStates
        return sum
    }
}
