internal import NSQCore

/// A topic as recovery found it: what the broker builds its own topic from.
package struct RecoveredTopic: Sendable {
    /// The topic's name.
    package var name: String
    /// The open log.
    package var log: TopicLog
    /// Whether a segment told the topic's channels.
    var hasRoster: Bool
    /// When the topic was made, milliseconds since the Unix epoch.
    package var createdMilliseconds: Int64
    /// The durable channels with their ledgers and delivery states.
    package var channels: [RecoveredChannel] = []
}

/// A durable channel as recovery found it.
package struct RecoveredChannel: Sendable {
    /// What the log's roster says of it.
    package var member: Roster.Member
    /// The open ledger.
    package var ledger: Ledger
    /// What the ledger says.
    package var state: ChannelState
}

extension Store {
    /// Opens the store of a data path, as a crash or a clean stop left it.
    ///
    /// Everything is read before anything is changed, so that a store of a newer version stays untouched.
    ///
    /// - Throws: `.unsupportedVersion`, `.io`.
    package static func open(
        _ configuration: StoreConfiguration,
        metadata: any MetadataStore,
        observe: @escaping @Sendable (StoreEvent) -> Void
    ) throws(DiskQueueError) -> (store: Store, topics: [RecoveredTopic]) {
        let stored = try metadata.load()
        let fileSystem = configuration.fileSystem
        let folder = topicsFolder(in: configuration.dataPath)
        let recycled = "\(configuration.dataPath)/recycled"
        var logConfiguration = LogConfiguration(
            fileSystem: fileSystem,
            nodeBits: configuration.nodeID.rawValue,
            maximumSegmentBytes: configuration.maximumSegmentBytes,
            syncEvery: configuration.syncEvery,
            time: configuration.time
        )
        logConfiguration.checks = configuration.checks
        let context = TopicRecovery.Context(
            configuration: logConfiguration,
            wasClean: configuration.wasClean,
            mayHaveLostPower: configuration.mayHaveLostPower
        )

        var recoveries: [TopicRecovery] = []
        var leftovers: [String] = []
        var report = RecoveryReport()
        do {
            for name in fileSystem.exists(folder) ? try fileSystem.list(folder) : [] {
                if name.hasSuffix(TopicLog.deletedSuffix) {
                    leftovers.append("\(folder)/\(name)")
                } else if let recovery = try openFolder(name, in: folder, context: context) {
                    recoveries.append(recovery)
                } else {
                    report.notes.append("\(folder)/\(name) is no topic's folder; left alone")
                }
            }
            recoveries.sort { $0.topicID < $1.topicID }
            try fileSystem.makeDirectory(folder)
            try fileSystem.makeDirectory(recycled)
            for path in leftovers { try TopicLog.removeFolder(path, in: fileSystem) }
            logConfiguration.recycling = try RecycledFiles(
                fileSystem: fileSystem,
                directory: recycled
            )
        } catch let error as FileSystemError {
            throw DiskQueueError(error)
        } catch let error as DiskQueueError {
            throw error
        } catch {
            throw DiskQueueError(.io, "\(error)")
        }
        let highest = max(
            recoveries.last?.topicID ?? 0,
            stored.topics.map(\.id).max() ?? 0
        )
        let store = Store(
            configuration: configuration,
            logConfiguration: logConfiguration,
            metadata: metadata,
            nextTopicID: highest + 1,
            observe: observe
        )
        let topics = try store.finish(recoveries, stored: stored, report: report)
        try store.makeDurable()
        try store.removeStrayLedgers(of: topics)
        return (store, topics)
    }

    /// More topics than are ever made; a folder of a larger number is none of ours.
    private static let maximumTopicID: UInt64 = 1 << 48

    /// Reads the topic's folder `name`; `nil` when it is none.
    private static func openFolder(
        _ name: String,
        in folder: String,
        context: TopicRecovery.Context
    ) throws(DiskQueueError) -> TopicRecovery? {
        guard let id = UInt64(name), name == "\(id)", id <= maximumTopicID else { return nil }
        do throws(FileSystemError) {
            _ = try context.configuration.fileSystem.list("\(folder)/\(name)")
        } catch {
            guard ErrorNumber.isNoDirectory(error.errno) else { throw DiskQueueError(error) }
            return nil
        }
        return try TopicRecovery(
            folder: "\(folder)/\(name)",
            parent: folder,
            topicID: id,
            context: context
        )
    }

    private func finish(
        _ recoveries: [TopicRecovery],
        stored: StoredMetadata,
        report: RecoveryReport
    ) throws(DiskQueueError) -> [RecoveredTopic] {
        var report = report
        let rows = Dictionary(grouping: stored.topics, by: \.id).compactMapValues(\.first)
        let segmentRows = Dictionary(grouping: stored.segments, by: \.topicID)
        var topics: [RecoveredTopic] = []
        var newest: [String: UInt64] = [:]
        for recovery in recoveries {
            if let name = recovery.name ?? rows[recovery.topicID]?.name {
                newest[name] = max(newest[name] ?? 0, recovery.topicID)
            }
        }
        for recovery in recoveries {
            var recovery = recovery
            recovery.useSharedConfiguration(logConfiguration)
            let row = rows[recovery.topicID]
            guard let name = recovery.name ?? row?.name else {
                report.notes.append(
                    "\(recovery.folder) names no topic: no segment was finished in it; left alone"
                )
                continue
            }
            // A deletion that failed and was not durable gives back a topic that was made again since.
            guard newest[name] == recovery.topicID else {
                report.notes.append(
                    "\(recovery.folder) is an earlier topic \(name), deleted before; left alone"
                )
                continue
            }
            var topicReport = recovery.report
            let relay = LogRelay(store: self, topicID: recovery.topicID)
            let log = try recovery.finish(
                name: name,
                fallback: fallbackRoster(recovery.topicID, row: row, stored: stored),
                report: relay.handler
            )
            relay.attach(log)
            var topic = RecoveredTopic(
                name: name,
                log: log,
                hasRoster: recovery.hasRoster,
                createdMilliseconds: row?.createdMilliseconds
                    ?? configuration.time.wallNanoseconds / 1_000_000
            )
            for member in log.roster.members {
                let found = try openLedger(member, of: log, stored: stored)
                topic.channels.append(found.channel)
                topicReport.notes += found.notes
            }
            let absent = recovery.absentRanges(rows: segmentRows[recovery.topicID] ?? [])
            topicReport.note(absent, of: topic)
            if topicReport.notes.isEmpty && topicReport.tornBytes == 0 {
                // As expected.
            } else {
                report.topics.append(topicReport)
            }
            topics.append(topic)
        }
        report.topicCount = topics.count
        reconcile(stored, with: topics)
        report.wasClean = configuration.wasClean
        if !report.isClean || !configuration.wasClean { observe(.recovered(report)) }
        return topics
    }

    /// Makes everything that was written durable.
    package func synchronizeAll() throws(DiskQueueError) {
        do {
            try configuration.fileSystem.synchronizeAll(configuration.dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Makes what recovery kept durable, before anything is acknowledged on top of it.
    private func makeDurable() throws(DiskQueueError) {
        guard !configuration.wasClean, configuration.checks.contains(.syncBeforeServing) else {
            return
        }
        try synchronizeAll()
    }

    /// The roster of a topic whose segments have none: what the metadata knows.
    ///
    /// Its pump stands behind every number that the metadata names, for a topic that has no segment either.
    private func fallbackRoster(
        _ topicID: UInt64,
        row: TopicRecord?,
        stored: StoredMetadata
    ) -> Roster {
        let now = configuration.time.wallNanoseconds / 1_000_000
        var roster = Roster(heldAt: Self.firstSequence(atMilliseconds: now))
        roster.isPaused = row?.isPaused ?? false
        for channel in stored.channels where channel.topicID == topicID {
            roster.members.append(
                Roster.Member(
                    id: channel.id,
                    name: channel.name,
                    isPaused: channel.isPaused,
                    startSequence: channel.startSequence
                )
            )
            roster.nextChannelID = max(roster.nextChannelID, channel.id + 1)
        }
        let named =
            roster.members.map(\.startSequence)
            + stored.checkpoints.filter { $0.topicID == topicID }.map(\.ackFloor)
            + stored.segments.filter { $0.topicID == topicID }.map(\.endSequence)
        roster.heldPump = named.reduce(roster.heldPump) { max($0 ?? 0, $1) }
        return roster
    }

    private func openLedger(
        _ member: Roster.Member,
        of log: TopicLog,
        stored: StoredMetadata
    ) throws(DiskQueueError) -> (channel: RecoveredChannel, notes: [String]) {
        let path = Ledger.path(in: log.folder, channelID: member.id)
        // A power loss may have taken an earlier channel of that number, and left its rows.
        let isSame = stored.channels.contains {
            $0.topicID == log.topicID && $0.id == member.id && $0.name == member.name
                && $0.startSequence == member.startSequence
        }
        let checkpoint = stored.checkpoints.first {
            isSame && $0.topicID == log.topicID && $0.channelID == member.id
        }
        let recovery = try LedgerRecovery(
            path: path,
            start: member.startSequence,
            checkpoint: checkpoint,
            fileSystem: configuration.fileSystem
        )
        let ledger: Ledger
        if let header = recovery.header {
            ledger = Ledger(
                folder: log.folder,
                header: header,
                end: recovery.end,
                fileSystem: configuration.fileSystem,
                dirtied: { [weak self] in self?.request(.flush($0)) }
            )
        } else {
            do throws(FileSystemError) {
                if configuration.fileSystem.exists(path) {
                    try configuration.fileSystem.rename(path, to: path + ".unusable")
                }
            } catch {
                throw DiskQueueError(error)
            }
            ledger = createLedger(of: log, channelID: member.id, channelName: member.name)
            // The metadata's copy of the state is all there is: the new ledger begins with it.
            if recovery.state.ackFloor != member.startSequence
                || !recovery.state.finishedRanges.isEmpty || !recovery.state.redeliveries.isEmpty
            {
                _ = try ledger.install(recovery.state)
            }
        }
        return (
            RecoveredChannel(member: member, ledger: ledger, state: recovery.state), recovery.notes
        )
    }

    /// Brings the metadata to what the logs say.
    private func reconcile(_ stored: StoredMetadata, with topics: [RecoveredTopic]) {
        let live = Set(topics.map(\.log.topicID))
        let rows = Dictionary(grouping: stored.topics, by: \.id).compactMapValues(\.first)
        let channelRows = Dictionary(grouping: stored.channels, by: \.topicID)
        for row in stored.topics where !live.contains(row.id) {
            record(.topicDeleted(id: row.id))
        }
        for topic in topics {
            let roster = topic.log.roster
            let row = rows[topic.log.topicID]
            let saved = TopicRecord(
                id: topic.log.topicID,
                name: topic.name,
                isPaused: roster.isPaused,
                createdMilliseconds: topic.createdMilliseconds
            )
            if row != saved { record(.topicSaved(saved)) }
            let stored = channelRows[topic.log.topicID] ?? []
            for member in roster.members {
                let saved = ChannelRecord(topicID: topic.log.topicID, member)
                if !stored.contains(saved) { record(.channelSaved(saved)) }
            }
            let members = Set(roster.members.map(\.id))
            for row in stored where !members.contains(row.id) {
                record(.channelDeleted(topicID: row.topicID, id: row.id))
            }
        }
    }
}

extension ChannelRecord {
    /// The row of a roster's member.
    package init(topicID: UInt64, _ member: Roster.Member) {
        self.init(
            topicID: topicID,
            id: member.id,
            name: member.name,
            isPaused: member.isPaused,
            startSequence: member.startSequence
        )
    }
}
