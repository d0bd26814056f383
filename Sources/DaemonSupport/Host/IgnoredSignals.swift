private import Glibc

/// The signals that must not end a daemon.
package enum IgnoredSignals {
    /// Ignores SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1 and SIGUSR2 for the whole process; call before threads
    /// start.
    ///
    /// SIGXFSZ: a file that may not grow is a full disk, an error of one write. SIGPIPE: a peer, or the reader
    /// of the log, that goes away is an error of one write. SIGHUP: the original dies at once without flushing
    /// when its terminal closes, which serves nobody; who has something to reload traps it later.
    package static func install() {
        for number in [SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1, SIGUSR2] {
            signal(number, SIG_IGN)
        }
    }
}
