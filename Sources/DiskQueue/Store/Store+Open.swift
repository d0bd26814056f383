internal import NSQCore

/// A topic as recovery found it: what the broker builds its own topic from.
package struct RecoveredTopic: Sendable {
    /// The topic's name.
    package var name: String
    /// The open log.
    package var log: TopicLog
    /// Whether the segments told all of the topic's channels.
    var tellsChannels: Bool
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
        let recycled = RecycledFiles.path(in: configuration.dataPath)
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

        var report = RecoveryReport()
        let folders = try TopicFolders(folder, context: context)
        let readings = try read(
            folders.recoveries,
            stored: stored,
            now: configuration.time.wallNanoseconds / 1_000_000,
            notes: &report.notes
        )
        report.notes += folders.strays.map { "\($0) is no topic's folder; left alone" }
        do throws(FileSystemError) {
            try fileSystem.makeDirectory(folder)
        } catch {
            throw DiskQueueError(error)
        }
        for path in folders.leftovers where !TopicLog.removeFolder(path, in: fileSystem) {
            report.notes.append("\(path) is a deleted topic's folder and cannot be removed")
        }
        logConfiguration.recycling = RecycledFiles(
            fileSystem: fileSystem,
            directory: recycled
        )
        if configuration.reserveBytes > 0 {
            logConfiguration.reserve = SpaceReserve(
                fileSystem: fileSystem,
                path: SpaceReserve.path(below: configuration.dataPath),
                byteCount: configuration.reserveBytes,
                recycling: logConfiguration.recycling
            )
        }
        let highest = max(folders.highestNumber, stored.topics.map(\.id).max() ?? 0)
        let store = Store(
            configuration: configuration,
            logConfiguration: logConfiguration,
            metadata: metadata,
            nextTopicID: highest + 1,
            observe: observe
        )
        let topics = try store.finish(readings, stored: stored, report: report)
        try store.makeDurable()
        store.removeStrayLedgers(of: topics)
        return (store, topics)
    }

    /// The topics of `recoveries`, with everything read that says something of them.
    static func read(
        _ recoveries: [TopicRecovery],
        stored: StoredMetadata,
        now: Int64,
        notes: inout [String]
    ) throws(DiskQueueError) -> [TopicReading] {
        let rows = Dictionary(grouping: stored.topics, by: \.id).compactMapValues(\.first)
        let segmentRows = Dictionary(grouping: stored.segments, by: \.topicID)
        var newest: [String: UInt64] = [:]
        for recovery in recoveries {
            if let name = recovery.name ?? rows[recovery.topicID]?.name {
                newest[name] = max(newest[name] ?? 0, recovery.topicID)
            }
        }
        var readings: [TopicReading] = []
        for recovery in recoveries {
            guard let name = recovery.name ?? rows[recovery.topicID]?.name else {
                notes.append(
                    "\(recovery.folder) names no topic: no segment was finished in it; left alone"
                )
                continue
            }
            // A deletion that failed and was not durable gives back a topic that was made again since.
            guard newest[name] == recovery.topicID else {
                notes.append(
                    "\(recovery.folder) is an earlier topic \(name), deleted before; left alone"
                )
                continue
            }
            readings.append(
                try TopicReading(
                    recovery,
                    name: name,
                    stored: stored,
                    segmentRows: segmentRows[recovery.topicID] ?? [],
                    now: now
                )
            )
        }
        return readings
    }

    private func finish(
        _ readings: [TopicReading],
        stored: StoredMetadata,
        report: RecoveryReport
    ) throws(DiskQueueError) -> [RecoveredTopic] {
        var report = report
        var topics: [RecoveredTopic] = []
        for reading in readings {
            var reading = reading
            reading.useSharedConfiguration(logConfiguration)
            let recovery = reading.recovery
            var topicReport = recovery.report
            let relay = LogRelay(store: self, topicID: recovery.topicID)
            let log = try recovery.finish(name: reading.name, report: relay.handler)
            relay.attach(log)
            var topic = RecoveredTopic(
                name: reading.name,
                log: log,
                tellsChannels: recovery.tellsChannels,
                createdMilliseconds: reading.row?.createdMilliseconds
                    ?? configuration.time.wallNanoseconds / 1_000_000
            )
            for (member, ledger) in reading.ledgers {
                topic.channels.append(try open(ledger, of: member, in: log))
                topicReport.notes += ledger.notes
            }
            topicReport.note(recovery.absentRanges(rows: reading.segmentRows), of: topic)
            topicReport.noteMissingTail(recovery.missingTail, of: topic)
            if !topicReport.notes.isEmpty || topicReport.tornBytes > 0 {
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

    /// Goes on with a ledger as it was read, or with a new one where it cannot be used.
    private func open(
        _ recovery: LedgerRecovery,
        of member: Roster.Member,
        in log: TopicLog
    ) throws(DiskQueueError) -> RecoveredChannel {
        let ledger: Ledger
        if let header = recovery.header {
            ledger = Ledger(
                folder: log.folder,
                header: header,
                end: recovery.end,
                fileSystem: configuration.fileSystem,
                reserve: logConfiguration.reserve,
                dirtied: { [weak self] in self?.request(.flush($0)) }
            )
        } else {
            let path = Ledger.path(in: log.folder, channelID: member.id)
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
        return RecoveredChannel(member: member, ledger: ledger, state: recovery.state)
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
