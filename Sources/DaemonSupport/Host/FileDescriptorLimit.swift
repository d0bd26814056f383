private import Glibc

/// How many files and sockets the process may hold open.
package enum FileDescriptorLimit {
    /// Raises the soft limit to the hard one, as the Go runtime does; keeps it where that is
    /// refused.
    package static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur < limit.rlim_max
        else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
