/// What dies in a crash.
package enum CrashModel: Sendable, CaseIterable {
    /// The process alone, at any instruction: what it handed to the operating system stays, of
    /// the last write perhaps a part.
    case processDeath

    /// The machine. Model, stricter than any one file system of today:
    /// - bytes persist in pieces cut at 512-byte sectors, in any order, until the file is
    ///   synchronized;
    /// - a size persists apart from the bytes: bytes past it are not seen, missing ones read as
    ///   zeros, or as what the file held before when it is overwritten;
    /// - a truncation is pending like a write; bytes written after it may persist without it;
    /// - a name made, changed or removed persists when its directory is synchronized, before that
    ///   perhaps; changes of one name persist in order, those of different names in any;
    /// - a rename is one change, of both directories when there are two, and durable when either
    ///   is synchronized;
    /// - after a failed synchronize the unsynchronized bytes persist or not, whatever a later one
    ///   reports.
    case powerLoss
}
