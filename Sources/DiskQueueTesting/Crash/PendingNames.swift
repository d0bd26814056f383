import DiskQueue

/// The changes of names that are not durable yet.
struct PendingNames {
    /// One change, what it touches, and the earlier ones without which it cannot persist.
    struct Change {
        let order: Int
        let change: NameChange
        let entries: [DirectoryTree.Entry]
        fileprivate let emptied: InodeNumber?
        fileprivate(set) var requirements: [Int] = []

        fileprivate func requires(_ earlier: Change) -> Bool {
            if let emptied, earlier.entries.contains(where: { $0.directory == emptied }) {
                return true
            }
            return entries.contains { earlier.entries.contains($0) }
        }
    }

    /// The pending changes, oldest first.
    private(set) var changes: [Change] = []

    /// Adds a change; `order` is its place among all that is pending.
    mutating func record(_ change: NameChange, order: Int) {
        var added =
            switch change {
            case .create(let entry, _), .makeDirectory(let entry, _), .remove(let entry):
                Change(order: order, change: change, entries: [entry], emptied: nil)
            case .removeDirectory(let entry, let inode):
                Change(order: order, change: change, entries: [entry], emptied: inode)
            case .rename(let source, let target):
                Change(order: order, change: change, entries: [source, target], emptied: nil)
            }
        added.requirements = changes.indices.filter { added.requires(changes[$0]) }
        changes.append(added)
    }

    /// Takes out what synchronizing `directory` makes durable: its changes, and those that they
    /// require.
    ///
    /// - Returns: the changes, oldest first.
    mutating func synchronize(_ directory: InodeNumber) -> [NameChange] {
        var isDurable = changes.map { change in
            change.entries.contains { $0.directory == directory }
        }
        for index in changes.indices.reversed() where isDurable[index] {
            for requirement in changes[index].requirements { isDurable[requirement] = true }
        }
        let durable = changes.indices.filter { isDurable[$0] }.map { changes[$0].change }
        let rest = changes.indices.filter { !isDurable[$0] }.map { changes[$0] }
        changes = []
        for change in rest { record(change.change, order: change.order) }
        return durable
    }

    /// Takes changes out of `kept` until none is left that requires one that is missing.
    func close(_ kept: inout [Bool]) {
        for (index, change) in changes.enumerated() where kept[index] {
            kept[index] = change.requirements.allSatisfy { kept[$0] }
        }
    }

    /// Every set of changes that can persist, or nil when there are more than 8 changes.
    var persistentSets: [[Bool]]? {
        if changes.count > 8 { return nil }
        return (0..<1 << changes.count).compactMap { mask in
            let set = changes.indices.map { mask >> $0 & 1 == 1 }
            var closed = set
            close(&closed)
            return closed == set ? set : nil
        }
    }

    /// The tree that remains when of the pending changes only those in `kept` persist.
    func tree(_ durable: DirectoryTree, keeping kept: [Bool]) -> DirectoryTree {
        var tree = durable
        for (index, change) in changes.enumerated() where kept[index] { tree.apply(change.change) }
        return tree
    }
}
