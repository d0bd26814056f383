/// The exit statuses of the daemons.
///
/// Source: `nsqd` spec 11.2.
package enum ExitStatus: Int32, Sendable {
    /// A graceful stop, `--version` or `--help`.
    case success = 0
    /// Bad settings, an address that cannot be bound, a data path that is locked or unusable.
    case failure = 1
    /// A bad flag.
    case usage = 2
    /// The store was written by a newer version; nothing was touched. The number is `EX_DATAERR`.
    case newerStore = 65
}
