import NSQWire
import Testing

@Suite("Run of FINs")
struct FinishRunTests {
    private func read(_ text: String, room: Int = 8) -> [UInt64] {
        var ids = [UInt64](repeating: 0, count: room)
        let count = ids.withUnsafeMutableBufferPointer { ids in
            Array(text.utf8).withUnsafeBytes { FinishRun.read($0, into: ids) }
        }
        return Array(ids[..<count])
    }

    private let one = "FIN 0000000000000001\n"
    private let two = "FIN 0000000000000002\n"

    @Test func readsPlainLinesInOrder() {
        #expect(read(one + two + one) == [1, 2, 1])
    }

    @Test func stopsBeforeAnIncompleteLine() {
        for length in 0..<21 {
            #expect(read(one + two.prefix(length)) == [1])
        }
    }

    @Test(
        arguments: [
            "REQ 0000000000000001 0\n", "FIN 000000000000000A\n", "FIN 0000000000000001 x\n",
            "FIN 0000000000000001\r\n", "FIN 00000000000000001\n", "FIN\n",
            "fin 0000000000000001\n",
        ]
    )
    func stopsBeforeAnyOtherLine(line: String) {
        #expect(read(one + line + two) == [1])
    }

    @Test func stopsWhenThereIsNoRoom() {
        #expect(read(one + two, room: 1) == [1])
        #expect(read(one, room: 0).isEmpty)
    }
}
