import ServerSupport

/// A ``StatsReport`` in the original's text form, column for column.
///
/// Source: `nsqd` spec 4.5.
package struct StatsText {
    private var text = ""
    /// Unix seconds that connection times are reckoned to.
    private let now: Int64

    /// The whole page, for a server of `version`.
    package static func page(_ report: StatsReport, version: String) -> String {
        var page = Self(now: report.now)
        page.writeHeading(report, version: version)
        page.writeTopics(report.topics ?? [])
        page.writeProducers(report.producers ?? [])
        return page.text
    }

    private init(now: Int64) {
        self.now = now
    }

    private mutating func writeHeading(_ report: StatsReport, version: String) {
        text += "nsqd \(version)\n"
        text += "start_time \(CalendarText.rfc3339(report.startTime))\n"
        text += "uptime \(DurationText.text(nanoseconds: report.uptime))\n"
        text += "\nHealth: \(PrintableText.singleLine(report.health))\n"
        guard let memory = report.memory else { return }
        text += "\nMemory:\n"
        for (key, value) in memory.entries {
            text += "   \(Self.padded("\(key)", 25))\t\(value)\n"
        }
    }

    private mutating func writeTopics(_ topics: [StatsReport.Topic]) {
        text += topics.isEmpty ? "\nTopics: None\n" : "\nTopics:"
        for topic in topics {
            text += topic.isPaused ? "\n*P " : "\n   "
            text += "[\(Self.padded(topic.name, 15))]"
            writeColumn("depth", topic.depth, 5)
            writeColumn("be-depth", topic.backendDepth, 5)
            writeColumn("msgs", topic.messageCount, 8)
            text += " e2e%: \(topic.latency?.text ?? "")\n"
            for channel in topic.channels { writeChannel(channel) }
        }
    }

    private mutating func writeChannel(_ channel: StatsReport.Channel) {
        text += channel.isPaused ? "   *P " : "      "
        text += "[\(Self.padded(channel.name, 25))]"
        writeColumn("depth", channel.depth, 5)
        writeColumn("be-depth", channel.backendDepth, 5)
        writeColumn("inflt", channel.inFlightCount, 4)
        writeColumn("def", channel.deferredCount, 4)
        writeColumn("re-q", channel.requeueCount, 5)
        writeColumn("timeout", channel.timeoutCount, 5)
        writeColumn("msgs", channel.messageCount, 8)
        text += " e2e%: \(channel.latency?.text ?? "")\n"
        for client in channel.clients ?? [] {
            text += "        "
            writeClient(client)
        }
    }

    private mutating func writeProducers(_ producers: [ClientStatistics]) {
        text += producers.isEmpty ? "\nProducers: None\n" : "\nProducers:\n"
        for producer in producers {
            text += "   "
            writeClient(producer)
        }
    }

    /// One that has published is shown as a producer wherever it stands.
    private mutating func writeClient(_ client: ClientStatistics) {
        let identity = "\(client.hostname):\(port(of: client)) \(client.userAgent)"
        text += "[\(client.version) \(Self.padded(PrintableText.singleLine(identity), 21))]"
        if client.publishCounts.isEmpty {
            text += " state: \(client.state)"
            writeColumn("inflt", client.inFlightCount, 4)
            writeColumn("rdy", client.readyCount, 4)
            writeColumn("fin", client.finishCount, 8)
            writeColumn("re-q", client.requeueCount, 8)
            writeColumn("msgs", client.messageCount, 8)
        } else {
            writeColumn("msgs", client.publishCounts.reduce(0) { $0 &+ $1.count }, 8)
            let topics = client.publishCounts.map { "\($0.topic)=\($0.count)" }
            text += " topics: \(topics.joined(separator: ","))"
        }
        let connected = max(0, now &- client.connectTime)
        let (nanoseconds, overflows) = connected.multipliedReportingOverflow(by: 1_000_000_000)
        text += " connected: \(DurationText.text(nanoseconds: overflows ? .max : nanoseconds))\n"
    }

    private func port(of client: ClientStatistics) -> Substring {
        guard let colon = client.remoteAddress.lastIndex(of: ":") else { return "" }
        return client.remoteAddress[colon...].dropFirst()
    }

    private mutating func writeColumn(
        _ name: StaticString,
        _ number: some FixedWidthInteger,
        _ width: Int
    ) {
        text += " \(name): \(Self.padded(String(number), width))"
    }

    /// `text` and spaces up to `width` code points, which is what Go's `%-21s` counts.
    private static func padded(_ text: String, _ width: Int) -> String {
        let missing = max(0, width - text.unicodeScalars.count)
        return text + String(repeating: " ", count: missing)
    }
}
