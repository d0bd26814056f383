package import DiskQueue

/// One entry of a simulated disk's log: an operation that matters for what a crash leaves, or a
/// harness's note.
package enum DiskOperation: Hashable, Sendable {
    /// A name was made, moved or removed.
    case changeNames(NameChange)
    /// Bytes were written to a file.
    case write(InodeNumber, offset: Int, bytes: [UInt8])
    /// A file was cut or extended.
    case truncate(InodeNumber, size: Int)
    /// A file's bytes and size were made durable.
    case synchronizeData(InodeNumber)
    /// A file's data could not be made durable; what was unsynced stays in doubt for good,
    /// whatever a later synchronize says.
    case failedSynchronizeData(InodeNumber)
    /// A directory's names were made durable.
    case synchronizeDirectory(InodeNumber)
    /// The harness noted something.
    case mark(Mark)
}

extension DiskOperation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .changeNames(.create(let entry, let inode)): "create \(Self.text(entry)) = #\(inode)"
        case .changeNames(.makeDirectory(let entry, let inode)):
            "mkdir \(Self.text(entry)) = #\(inode)"
        case .changeNames(.rename(let source, let target)):
            "rename \(Self.text(source)) to \(Self.text(target))"
        case .changeNames(.remove(let entry)): "remove \(Self.text(entry))"
        case .changeNames(.removeDirectory(let entry, _)): "rmdir \(Self.text(entry))"
        case .write(let inode, let offset, let bytes): "write #\(inode) @\(offset) +\(bytes.count)"
        case .truncate(let inode, let size): "truncate #\(inode) to \(size)"
        case .synchronizeData(let inode): "sync #\(inode)"
        case .failedSynchronizeData(let inode): "failed sync #\(inode)"
        case .synchronizeDirectory(let inode): "sync directory #\(inode)"
        case .mark(let mark): "mark \(mark.kind.name) \(mark.subject) \(mark.detail)"
        }
    }

    private static func text(_ entry: DirectoryTree.Entry) -> String {
        "#\(entry.directory)/\(entry.name)"
    }
}

extension [DiskOperation] {
    /// The marks among the first `operationCount` entries, in order.
    ///
    /// For a crash state these are the promises that had been given: a state is offered with
    /// every mark that follows its last operation.
    package func marks(upTo operationCount: Int) -> [Mark] {
        prefix(operationCount).compactMap { operation in
            if case .mark(let mark) = operation { mark } else { nil }
        }
    }

    /// How many entries there are before the last real operation of the first `operationCount`
    /// entries.
    ///
    /// Marks up to here were certainly made before the disk came into the state; those after it
    /// may not have been. What a mark permits, rather than promises, is to be judged by these.
    package func countBeforeLastOperation(of operationCount: Int) -> Int {
        prefix(operationCount).lastIndex { operation in
            if case .mark = operation { false } else { true }
        } ?? 0
    }
}
