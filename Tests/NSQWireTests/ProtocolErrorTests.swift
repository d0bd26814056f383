import NSQWire
import Testing

@Suite("Protocol error")
struct ProtocolErrorTests {
    @Test(arguments: [(CommandName.finish, "FIN"), (.requeue, "REQ"), (.touch, "TOUCH")])
    func sparesTheConnectionForAMessageThatIsNotHeld(command: CommandName, text: String) {
        let error = ProtocolError.notDone(command, Array("id".utf8), "ID not in flight")

        #expect(!error.isFatal)
        #expect(error.description == "E_\(text)_FAILED \(text) id failed ID not in flight")
    }

    @Test(arguments: [
        (CommandName.publish, "PUB"), (.publishMany, "MPUB"), (.publishDeferred, "DPUB"),
    ])
    func namesTheCommandThatCouldNotPublish(command: CommandName, text: String) {
        let error = ProtocolError.publishFailed(command, "exiting")

        #expect(error.isFatal)
        #expect(error.description == "E_\(text)_FAILED \(text) failed exiting")
    }

    @Test func saysWhySUBFailed() {
        #expect(
            ProtocolError.subscribeFailed("exiting").description
                == "E_SUB_FAILED SUB failed exiting"
        )
        #expect(
            ProtocolError.subscribeToDeleted.description
                == "E_SUB_FAILED SUB failed to deleted topic/channel"
        )
        #expect(ProtocolError.authDisabled.description == "E_AUTH_DISABLED AUTH disabled")
    }
}
