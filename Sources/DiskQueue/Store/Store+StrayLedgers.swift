extension Store {
    /// Removes the ledgers of channels that no roster names: their deletion was cut short, or power was lost
    /// before their creation was durable.
    ///
    /// A new channel may get such a channel's number, and must not take its ledger for its own. Only once the
    /// rosters are durable; durable on return. Where the segments do not tell all channels the
    /// ledgers are set aside.
    func removeStrayLedgers(of topics: [RecoveredTopic]) {
        guard !configuration.wasClean else { return }
        for topic in topics {
            do throws(FileSystemError) {
                try removeStrayLedgers(of: topic)
            } catch {
                // A new channel does not take it for its own either: its header names another.
                observe(.removalFailed(reason: error.description))
            }
        }
    }

    private func removeStrayLedgers(of topic: RecoveredTopic) throws(FileSystemError) {
        let fileSystem = configuration.fileSystem
        let folder = topic.log.folder
        let members = topic.log.roster.members
        let strays = try fileSystem.list(folder).filter { name in
            guard let id = Ledger.channelID(inFileName: name) else { return false }
            return !members.contains { $0.id == id }
        }
        for path in strays.map({ "\(folder)/\($0)" }) {
            if topic.tellsChannels {
                try fileSystem.remove(path)
            } else {
                try fileSystem.rename(path, to: path + ".unusable")
            }
        }
        if !strays.isEmpty { try fileSystem.synchronizeDirectory(folder) }
    }
}
