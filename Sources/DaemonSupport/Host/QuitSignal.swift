private import Glibc

/// SIGQUIT ends the process at once with status 2, as it does the original; no state is dumped.
package enum QuitSignal {
    /// Takes the signal for the whole process; call before threads start.
    package static func install() {
        signal(SIGQUIT) { _ in _exit(2) }
    }
}
