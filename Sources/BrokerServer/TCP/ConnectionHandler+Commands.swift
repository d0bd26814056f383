import Broker
import NIOCore
import NSQWire

extension ConnectionHandler {
    /// Carries out or stages `command`.
    ///
    /// Gives `false` when it was not carried out: the input is held and the command must be read again, or
    /// the connection ends.
    func execute(_ command: Command) -> Bool {
        switch command {
        case .nothing:
            return true
        case .publish(let body):
            guard stage(.publish, deferral: 0) else { return false }
            publishes.append(body)
            return true
        case .publishMany(let bodies):
            guard stage(.publishMany, deferral: 0) else { return false }
            publishes.append(bodies)
            return true
        case .publishDeferred(let body, let deferral):
            guard stage(.publishDeferred, deferral: deferral) else { return false }
            publishes.append(body)
            return true
        case .finish(let id):
            guard flushPublishes() else { return false }
            finish(id)
            return true
        case .subscribe(let topic, let channel):
            guard flushStages() else { return false }
            return subscribe(topic, channel)
        default:
            guard flushStages() else { return false }
            perform(command)
            return true
        }
    }

    /// Carries out a command that is never staged.
    private func perform(_ command: Command) {
        switch command {
        case .identify(let json): identify(json)
        case .authenticate(let secret): authenticate(secret)
        case .ready(let count): setReadyCount(count)
        case .requeue(let id, let delay): requeue(id, delay)
        case .touch(let id): touch(id)
        case .close: closeDelivery()
        case .subscribe, .finish, .publish, .publishMany, .publishDeferred, .nothing: break
        }
    }

    private func setReadyCount(_ count: Int) {
        guard let subscription else { return }
        subscription.channel.setReadyCount(count, of: subscription.consumer)
        wantsPump = true
    }

    /// CLS: no more deliveries, and the consumer stays until it disconnects.
    private func closeDelivery() {
        guard let subscription else { return }
        subscription.channel.setReadyCount(0, of: subscription.consumer)
        reader.machine.closeReceived()
        record.closeReceived()
        answer("CLOSE_WAIT")
    }

    // MARK: FIN, REQ and TOUCH

    /// Stages a FIN that was not in plain form; an id that none can have fails at once.
    private func finish(_ id: ReceivedID) {
        guard let value = id.value else {
            flushFinishes()
            return refuse(.finish, id, .notInFlight)
        }
        finishes.append(value)
    }

    /// Finishes what is staged in one call and answers for what could not be.
    func flushFinishes() {
        guard !finishes.isEmpty, let subscription else { return }
        finishes.drain { ids in
            subscription.channel.finish(ids, by: subscription.consumer) { index, reason in
                let id = withUnsafeTemporaryAllocation(
                    byteCount: HexID.byteCount,
                    alignment: 1
                ) { bytes -> [UInt8] in
                    guard let base = bytes.baseAddress else { return [] }
                    HexID.encode(ids[index], to: base)
                    return Array(bytes)
                }
                report(.notDone(.finish, id, "\(reason)"))
            }
        }
        wantsPump = true
    }

    private func requeue(_ id: ReceivedID, _ delay: Int64) {
        guard let subscription else { return }
        guard let value = id.value else { return refuse(.requeue, id, .notInFlight) }
        do throws(BrokerError) {
            try subscription.channel.requeue(value, delay: delay, by: subscription.consumer)
            wantsPump = true
        } catch {
            refuse(.requeue, id, error)
        }
    }

    private func touch(_ id: ReceivedID) {
        guard let subscription else { return }
        guard let value = id.value else { return refuse(.touch, id, .notInFlight) }
        do throws(BrokerError) {
            try subscription.channel.touch(value, by: subscription.consumer)
        } catch {
            refuse(.touch, id, error)
        }
    }

    private func refuse(_ command: CommandName, _ id: ReceivedID, _ reason: BrokerError) {
        report(.notDone(command, id.bytes, "\(reason)"))
    }
}
