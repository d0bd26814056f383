private import Glibc
package import Logging
import NIOCore
private import Synchronization

/// How many connections the fronts of a daemon may have open, so that its files always find a descriptor.
///
/// Safe to use from any thread.
package final class ConnectionBudget: Sendable {
    /// Descriptors kept for files, the listeners and the process; half of them where there are few.
    private static let reserve = 1024
    private static let smallestReserve = 32

    private struct State {
        var count = 0
        var isFull = false
    }

    private let logger: Logger
    private let state = Mutex(State())

    /// Tells `logger` when it begins to refuse.
    package init(logger: Logger) {
        self.logger = logger
    }

    /// Connections that the process's limit of open files, which may change at run time, leaves room for.
    private static var limit: Int {
        var files = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0
        let descriptors = isKnown ? Int(clamping: files.rlim_cur) : reserve
        return max(1, descriptors - min(reserve, max(smallestReserve, descriptors / 2)))
    }

    /// Counts `channel` until it closes; `false` when there is no room for it.
    package func admit(_ channel: any NetworkChannel) -> Bool {
        let limit = Self.limit
        let (isAdmitted, isNews) = state.withLock { state in
            guard state.count < limit else {
                defer { state.isFull = true }
                return (false, !state.isFull)
            }
            state.count += 1
            // Said again only after a time with room to spare.
            if state.count < limit - limit / 10 { state.isFull = false }
            return (true, false)
        }
        if isNews {
            logger.warning(
                "refusing connections: \(limit) are open, and the limit of open files allows no more"
            )
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [self] _ in state.withLock { $0.count -= 1 } }
        }
        return isAdmitted
    }
}
