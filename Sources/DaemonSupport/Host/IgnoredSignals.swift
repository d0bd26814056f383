private import Glibc

/// The signals that must not end a daemon.
package enum IgnoredSignals {
    /// Ignores SIGPIPE, SIGHUP, SIGUSR1 and SIGUSR2 for the whole process; call before threads
    /// start.
    ///
    /// SIGPIPE: a peer, or the reader of the log, that goes away is an error of one write. SIGHUP:
    /// the original dies at once without flushing when its terminal closes, which serves nobody.
    package static func install() {
        for number in [SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2] {
            signal(number, SIG_IGN)
        }
    }
}
