import NSQWire
import Testing

@Suite("Command name")
struct CommandNameTests {
    private func name(_ text: String) -> CommandName? {
        Array(text.utf8).withUnsafeBytes { CommandName(bytes: $0) }
    }

    @Test(
        arguments: [
            ("IDENTIFY", .identify), ("AUTH", .authenticate), ("SUB", .subscribe),
            ("RDY", .ready), ("FIN", .finish), ("REQ", .requeue), ("TOUCH", .touch),
            ("CLS", .close), ("NOP", .nothing), ("PUB", .publish), ("MPUB", .publishMany),
            ("DPUB", .publishDeferred),
        ] as [(String, CommandName)]
    )
    func isReadAndSpelledAlike(text: String, command: CommandName) {
        #expect(name(text) == command)
        #expect(command.text == text)
    }

    @Test(arguments: ["", "nop", "PU", "PUBB", "IDENTIFYX", "IDENTIFYIDENTIFY", "\0PUB", "BOGUS"])
    func refusesEverythingElse(text: String) {
        #expect(name(text) == nil)
    }
}
