/// Counts the bytes of a backup or a restore for whoever watches.
final class BackupProgress {
    private let report: (_ done: UInt64, _ total: UInt64) -> Void
    private var done: UInt64 = 0
    private var total: UInt64 = 0

    init(_ report: @escaping (_ done: UInt64, _ total: UInt64) -> Void) { self.report = report }

    /// Sets how many bytes there will be.
    func expect(_ total: UInt64) {
        self.total = total
        report(done, total)
    }

    /// Notes `count` more.
    func advance(_ count: Int) {
        done += UInt64(clamping: count)
        report(done, max(done, total))
    }
}
