import DiskQueueTesting

extension Promises {
    /// Every promise that a recovered store breaks, in words.
    func violations(in found: Observation) -> [String] {
        // What a power loss took without an acknowledgement may be counted until it is missed.
        var violations = found.miscounts
            .filter { model == .processDeath || $0.counted < $0.delivered }
            .map { "\($0.place) counts \($0.counted), has \($0.delivered)" }
        let known = Dictionary(grouping: topics.values) { $0.name }
        for name in found.topics.keys where known[name] == nil {
            violations.append("topic \(name) came back")
        }
        for topic in topics.values {
            if let seen = found.topics[topic.name] {
                if topic.mayBeOlder { continue }
                check(seen, topic, &violations)
            } else if topic.mustExist, !topic.isDeleting {
                violations.append("topic \(topic.name) is lost")
            }
        }
        return violations
    }

    private func check(
        _ seen: Observation.SeenTopic,
        _ topic: TopicPromises,
        _ violations: inout [String]
    ) {
        let views = topic.views.filter { $0.shows(seen, in: topic) }
        guard !views.isEmpty else {
            let channels = seen.channels.map { "\($0.key)\($0.value.isPaused ? " paused" : "")" }
            violations.append(
                "topic \(topic.name) has channels \(channels), is"
                    + " \(seen.isPaused ? "paused" : "not paused"): it never was so since"
            )
            return
        }
        for (name, channel) in seen.channels {
            let numbers = Set(views.flatMap(\.members.keys)).filter {
                topic.channels[$0]?.name == name
            }
            let candidates = numbers.compactMap { topic.channels[$0] }
            let owed = candidates.map { candidate in
                candidate.isLeaving
                    ? []
                    : Set(candidate.messages.filter { $0.value.isSettled && !$0.value.isDone }.keys)
            }
            check(
                channel,
                owed: owed.dropFirst().reduce(owed.first ?? []) { $0.intersection($1) },
                candidates.map(\.messages),
                "\(topic.name):\(name)",
                topic.dues,
                &violations
            )
        }
        guard let backlog = seen.backlog else { return }
        let owed = views.map { view in
            (view.held ?? []).filter {
                topic.backlog[$0].map { $0.isSettled && !$0.isDone } ?? false
            }
        }
        let possible = topic.views.reduce(into: Set<UInt64>()) { $0.formUnion($1.held ?? []) }
        check(
            backlog,
            owed: owed.dropFirst().reduce(owed.first ?? []) { $0.intersection($1) },
            [topic.backlog.filter { possible.contains($0.key) }],
            "backlog of \(topic.name)",
            topic.dues,
            &violations
        )
    }

    private func check(
        _ seen: Observation.SeenChannel,
        owed: Set<UInt64>,
        _ candidates: [[UInt64: MessagePromise]],
        _ place: String,
        _ dues: [UInt64: UInt64],
        _ violations: inout [String]
    ) {
        for key in owed.sorted() where !seen.keys.contains(key) {
            violations.append("message \(key) is lost on \(place)")
        }
        for key in seen.keys.sorted() {
            let promises = candidates.compactMap { $0[key] }
            guard let notBefore = promises.map(\.notBefore).min() else {
                violations.append("message \(key) has no business on \(place)")
                continue
            }
            if seen.early.contains(key), max(notBefore, dues[key] ?? 0) > now {
                violations.append("message \(key) is early on \(place)")
            }
        }
    }
}
