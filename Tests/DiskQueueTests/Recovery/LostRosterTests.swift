import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// What becomes of a topic's channels when the record that names them is damaged.
@Suite("Lost roster", .timeLimit(.minutes(10)))
struct LostRosterTests {
    private let fixture: LogFixture

    init() throws { fixture = try LogFixture() }

    private func roster(_ names: String..., pausing paused: String? = nil) -> Roster {
        var roster = Roster(heldAt: LogFixture.start)
        roster.heldPump = nil
        for name in names {
            roster.members.append(
                Roster.Member(
                    id: roster.nextChannelID,
                    name: name,
                    isPaused: name == paused,
                    startSequence: LogFixture.start
                )
            )
            roster.nextChannelID += 1
        }
        return roster
    }

    /// Writes `rosters`, harms the last of them and publishes behind it, or not.
    private func damageLast(_ rosters: [Roster], publishesBehind: Bool) throws {
        let path = try #require(fixture.segmentPaths.first)
        for roster in rosters { try fixture.log.record(roster) }
        let end = try fixture.size(of: path)
        if publishesBehind { try fixture.append(["behind"]) }
        try fixture.damage(path, at: end - 1, mask: 1)
    }

    private var names: [String] { fixture.log.roster.members.map(\.name) }

    @Test(arguments: [true, false])
    func aChannelThatOnlyTheMetadataKnowsIsKept(wasClean: Bool) throws {
        let all = roster("one", "two", pausing: "one")
        try damageLast([roster("one"), all], publishesBehind: true)
        try fixture.reopen(wasClean: wasClean, channels: all.members)

        #expect(fixture.log.roster.members == all.members)
        #expect(fixture.log.roster.nextChannelID == 3)
        let notes = fixture.reports.recovery?.topics.first?.notes ?? []
        #expect(notes.contains { $0.contains("channel two stood in a damaged place") })
    }

    @Test func aChannelThatATornTailHeldIsKeptAfterAKill() throws {
        let all = roster("one", "two")
        try damageLast([roster("one"), all], publishesBehind: false)
        try fixture.reopen(wasClean: false, channels: all.members)

        #expect(fixture.log.roster.members == all.members)
    }

    @Test func ofTwoChannelsOfOneNameTheLaterOneLives() throws {
        var again = roster("one", "two", "two")
        again.members.remove(at: 1)
        try damageLast([roster("one", "two"), again], publishesBehind: true)
        try fixture.reopen(channels: again.members)

        #expect(fixture.log.roster.members == again.members)
    }

    @Test func aDamagedNameIsNotBelieved() throws {
        let path = try #require(fixture.segmentPaths.first)
        try fixture.log.record(roster("pppppp"))
        try fixture.append(["behind"])
        let bytes = try fixture.disk.bytes(of: path)
        let at = try #require(bytes.firstRange(of: Array("pppppp".utf8))?.lowerBound)
        try fixture.damage(path, at: at, mask: 1)
        try fixture.reopen(wasClean: true, channels: roster("pppppp").members)

        #expect(names == ["pppppp"])
    }

    @Test func aChannelThatWasDeletedDoesNotComeBack() throws {
        let path = try #require(fixture.segmentPaths.first)
        let before = roster("one", "two")
        try fixture.log.record(before)
        var after = before
        after.members.removeLast()
        try fixture.log.record(after)
        let end = try fixture.size(of: path)
        try fixture.append(["a"])
        try fixture.append(["b"])
        try fixture.damage(path, at: end + 70, mask: 1)
        try fixture.reopen(channels: before.members)

        #expect(names == ["one"])
    }
}
