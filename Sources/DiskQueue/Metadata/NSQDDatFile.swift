/// The file `nsqd.dat` of a data path, which the original daemon and its users' scripts read.
///
/// Isolation: one call at a time, never on an event loop; the caller holds the data path's lock.
package struct NSQDDatFile: Sendable {
    /// The file.
    package let path: String

    private let dataPath: String
    private let fileSystem: any FileSystem

    /// Larger files are refused unread; ten thousand topics make about one mebibyte.
    private static let maximumByteCount = 256 << 20

    /// Temporary names tried before a write fails; each that is taken is the remains of a crash.
    private static let maximumTemporaries = 1000

    /// The file in `dataPath`; empty means the current directory.
    package init(dataPath: String, fileSystem: any FileSystem) {
        self.dataPath = dataPath.isEmpty ? "." : dataPath
        self.fileSystem = fileSystem
        path = "\(self.dataPath)/\(NSQDDat.fileName)"
    }

    /// Reads the file; `nil` when there is none.
    ///
    /// - Throws: `.corrupt`, `failed to parse metadata in <path> - <why>`; `.io`.
    package func read() throws(DiskQueueError) -> NSQDDatParser.Outcome? {
        let bytes: [UInt8]
        do {
            let file = try fileSystem.open(path, .readOnly)
            bytes = try file.read(min(file.size(), Self.maximumByteCount + 1), at: 0)
        } catch {
            if ErrorNumber.isMissing(error.errno) { return nil }
            throw DiskQueueError(error)
        }
        if bytes.count > Self.maximumByteCount {
            throw DiskQueueError(
                .corrupt,
                "failed to parse metadata in \(path) - it has too many bytes"
            )
        }
        return try NSQDDatParser.parse(bytes, path: path)
    }

    /// Replaces the file.
    ///
    /// Durability: the new document is on stable storage on return; a crash leaves the old one or the new
    /// one, never a mixture. After an error the old one is still there.
    package func write(_ document: NSQDDat) throws(DiskQueueError) {
        do throws(FileSystemError) {
            let (temporary, file) = try openTemporary()
            do throws(FileSystemError) {
                try file.write(Array(document.text.utf8), at: 0)
                try file.synchronizeData()
                try fileSystem.rename(temporary, to: path)
            } catch {
                // SWALLOW: removeLeftovers() finds it at the next start.
                try? fileSystem.remove(temporary)
                throw error
            }
            try fileSystem.synchronizeDirectory(dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Removes temporary files that a crash left; nothing else is touched.
    package func removeLeftovers() throws(DiskQueueError) {
        do {
            for name in try fileSystem.list(dataPath) where Self.isTemporary(name) {
                // SWALLOW: a directory of that name is none of ours; another name is used.
                try? fileSystem.remove("\(dataPath)/\(name)")
            }
        } catch {
            throw DiskQueueError(error)
        }
    }

    private func openTemporary() throws(FileSystemError) -> (String, any File) {
        var number = 0
        while true {
            let temporary = "\(path).\(number).tmp"
            number += 1
            if fileSystem.exists(temporary) && number < Self.maximumTemporaries { continue }
            return (temporary, try fileSystem.open(temporary, .createNew))
        }
    }

    /// Whether `name` is `nsqd.dat.<digits>.tmp`, as both daemons name theirs.
    private static func isTemporary(_ name: String) -> Bool {
        let prefix = "\(NSQDDat.fileName)."
        let suffix = ".tmp"
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
        let digits = name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}
