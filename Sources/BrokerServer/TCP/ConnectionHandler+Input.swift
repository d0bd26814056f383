import Logging
import NIOCore
import NSQWire

extension ConnectionHandler {
    /// The first bytes of a connection.
    private static let magic: StaticString = "  V2"

    private var canRead: Bool {
        holds.isEmpty && (phase == .open || phase == .awaitingMagic)
    }

    /// Carries out the complete commands of `buffer` and keeps what is left of it.
    ///
    /// A buffered command is first given the bytes that it lacks; everything behind is read in place.
    func receive(_ buffer: inout ByteBuffer) {
        defer { noteIncompleteInput() }
        while canRead, !input.isEmpty, buffer.readableBytes > 0 {
            input.move(from: &buffer)
            readBufferedInput()
        }
        if canRead, buffer.readableBytes > 0 {
            let consumed = buffer.withUnsafeReadableBytes { consume($0) }
            buffer.moveReaderIndex(forwardBy: consumed)
        }
        guard phase == .open || phase == .awaitingMagic else { return }
        input.append(&buffer)
    }

    /// Has what is left of the input judged by the time that its rest takes, and by the room that it takes.
    func noteIncompleteInput() {
        guard let context else { return }
        let budget = environment.handshakeBudget
        let held = handshakeHeld
        budget.hold(input.handshakeByteCount, insteadOf: &handshakeHeld)
        if handshakeHeld > held, budget.isExceeded {
            input = InputBuffer()
            budget.hold(0, insteadOf: &handshakeHeld)
            endSilently("IDENTIFY and AUTH of all clients exceed \(budget.byteCount) bytes")
            return
        }
        liveness.inputPending(
            input.byteCount,
            isNew: hasCompletedCommand,
            at: context.eventLoop.now
        )
        hasCompletedCommand = false
        if !input.isEmpty { armWakeTask() }
    }

    /// Carries out the complete commands among the buffered bytes; at the end of the input, judges the
    /// incomplete one and ends the connection.
    func readBufferedInput() {
        guard canRead else { return }
        if !input.isEmpty {
            // A copy, because carrying out a command must not find `input` in use.
            let bytes = input.bytes
            let consumed = bytes.withUnsafeReadableBytes { consume($0) }
            input.drop(consumed)
        }
        guard inputHasEnded, canRead else { return }
        phase = .ending
    }

    /// Carries out the complete commands of `bytes`, and gives the number of bytes that are done with.
    ///
    /// What was staged is carried out before it returns, since it points into `bytes`.
    private func consume(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = 0
        if phase == .awaitingMagic {
            guard readMagic(bytes) else { return 0 }
            offset = Self.magic.utf8CodeUnitCount
        }
        let start = offset
        while offset < bytes.count, canRead {
            let count = readCommand(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            guard count > 0 else { break }
            offset += count
        }
        _ = flushStages()
        if offset > start, let context {
            hasCompletedCommand = true
            liveness.commandCompleted(at: context.eventLoop.now)
        }
        return offset
    }

    private func readMagic(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let magic = Self.magic
        guard bytes.count >= magic.utf8CodeUnitCount else {
            input.need = .bytes(magic.utf8CodeUnitCount)
            return false
        }
        for index in 0..<magic.utf8CodeUnitCount where bytes[index] != magic.utf8Start[index] {
            fail(.badProtocol)
            return false
        }
        phase = .open
        if let context { liveness.magicReceived(at: context.eventLoop.now) }
        armWakeTask()
        let client = record.remoteAddress
        environment.logger.info("CLIENT(\(client)): desired protocol magic '\(magic)'")
        return true
    }

    /// Carries out the command, or the run of FINs, at the start of `bytes`.
    ///
    /// Gives its bytes, or 0 when it is incomplete, or must be read again once the input is not held any
    /// more, or was the last.
    private func readCommand(_ bytes: UnsafeRawBufferPointer) -> Int {
        if finishes.isFull { flushFinishes() }
        if subscription != nil {
            let count = finishes.read(bytes)
            if count > 0 {
                guard flushPublishes() else { return 0 }
                finishes.commit(count)
                return count * FinishRun.lineByteCount
            }
        }
        do throws(ProtocolError) {
            switch try reader.next(bytes, inputHasEnded: inputHasEnded) {
            case .command(let command, let byteCount):
                return execute(command) ? byteCount : 0
            case .needsLine:
                input.need = .line
            case .needsBytes(let count):
                input.need = .bytes(count)
            case .needsPermission(let command):
                guard flushStages(), mayPublish(command) else { return 0 }
                return readCommand(bytes)
            case .lineTooLong:
                guard flushStages() else { return 0 }
                endSilently("failed to read command - line too long")
            }
        } catch {
            // What came before is answered first, and when that takes time, the error is found again.
            guard flushStages() else { return 0 }
            fail(error)
        }
        return 0
    }

    /// Carries out what is staged; `false` when the input is now held or the connection ends.
    func flushStages() -> Bool {
        flushFinishes()
        return flushPublishes()
    }
}
