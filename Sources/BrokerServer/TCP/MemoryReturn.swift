private import CSystemCalls
import NIOCore
import NIOPosix
import Synchronization

/// Gives memory that a crowd of connections has left back to the system, once a second at most.
///
/// The allocator keeps what is freed between blocks still in use, for good where nobody asks for it. Safe to use
/// from any thread.
final class MemoryReturn: Sendable {
    /// Connections that have to be gone for it to be worth a look at the whole heap.
    private static let crowd = 16
    private static let pause = TimeAmount.seconds(1)

    private let gone = Atomic<Int>(0)
    private let isPlanned = Atomic<Bool>(false)

    /// A connection of `loop` is gone.
    func connectionClosed(on loop: any EventLoop) {
        let (_, count) = gone.wrappingAdd(1, ordering: .relaxed)
        guard count >= Self.crowd, !isPlanned.exchange(true, ordering: .relaxed) else { return }
        loop.scheduleTask(in: Self.pause) { [self] in
            gone.store(0, ordering: .relaxed)
            isPlanned.store(false, ordering: .relaxed)
            NIOThreadPool.singleton.submit { _ in nsq_return_memory() }
        }
    }
}
