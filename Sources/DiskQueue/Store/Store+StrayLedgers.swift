extension Store {
    /// Removes the ledgers of channels that no roster names: their deletion was cut short, or power was lost
    /// before their creation was durable.
    ///
    /// A new channel may get such a channel's number, and must not take its ledger for its own. Only once the
    /// rosters are durable; durable on return. Where no segment told the roster the ledgers are set aside.
    func removeStrayLedgers(of topics: [RecoveredTopic]) throws(DiskQueueError) {
        guard !configuration.wasClean else { return }
        let fileSystem = configuration.fileSystem
        do throws(FileSystemError) {
            for topic in topics {
                let folder = topic.log.folder
                let members = topic.log.roster.members
                let strays = try fileSystem.list(folder).filter { name in
                    guard let id = Ledger.channelID(inFileName: name) else { return false }
                    return !members.contains { $0.id == id }
                }
                for path in strays.map({ "\(folder)/\($0)" }) {
                    if topic.hasRoster {
                        try fileSystem.remove(path)
                    } else {
                        try fileSystem.rename(path, to: path + ".unusable")
                    }
                }
                if !strays.isEmpty { try fileSystem.synchronizeDirectory(folder) }
            }
        } catch {
            throw DiskQueueError(error)
        }
    }
}
