import DiskQueue
import Glibc

/// Tells when something is written to a store (inotify).
final class StoreWatch {
    private let descriptor: Int32

    /// Begins to watch the folders of `topics`, and the one that new topics appear in.
    init(_ inspection: StoreInspection) throws {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw InspectorError("cannot watch files: \(String(cString: strerror(errno)))")
        }
        watch(inspection)
    }

    deinit { close(descriptor) }

    /// Watches topics that were made since, too.
    func watch(_ inspection: StoreInspection) {
        let mask = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO)
        for folder in [inspection.topicsFolder] + inspection.topics.map(\.folder) {
            // A topic that is deleted meanwhile has nothing to tell.
            _ = inotify_add_watch(descriptor, folder, mask)
        }
    }

    /// Waits until something was written since the last call.
    func wait() {
        var events = [UInt8](repeating: 0, count: 64 * 1024)
        while read(descriptor, &events, events.count) < 0, errno == EINTR {}
    }
}
