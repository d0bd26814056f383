import NSQWire
import Testing

@Suite("Connection state machine")
struct ConnectionStateMachineTests {
    private func refused(in machine: ConnectionStateMachine) -> [String] {
        CommandName.allCases.filter { machine.verdict(on: $0) == .refused }.map(\.text)
    }

    private func ignored(in machine: ConnectionStateMachine) -> [String] {
        CommandName.allCases.filter { machine.verdict(on: $0) == .ignored }.map(\.text)
    }

    @Test func refusesConsumersCommandsBeforeSUB() {
        let machine = ConnectionStateMachine()

        #expect(refused(in: machine) == ["RDY", "FIN", "REQ", "TOUCH", "CLS"])
        #expect(ignored(in: machine).isEmpty)
        #expect(machine.state.rawValue == 0)
    }

    @Test func refusesIntroductionsAfterSUB() {
        var machine = ConnectionStateMachine()
        machine.subscribed()

        #expect(refused(in: machine) == ["IDENTIFY", "AUTH", "SUB"])
        #expect(ignored(in: machine).isEmpty)
        #expect(machine.state.rawValue == 3)
    }

    @Test func ignoresRDYAfterCLS() {
        var machine = ConnectionStateMachine()
        machine.subscribed()
        machine.closeReceived()

        #expect(refused(in: machine) == ["IDENTIFY", "AUTH", "SUB", "CLS"])
        #expect(ignored(in: machine) == ["RDY"])
        #expect(machine.state.rawValue == 4)
    }
}
