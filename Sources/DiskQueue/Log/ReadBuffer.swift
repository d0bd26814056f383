private import Synchronization

/// Memory for one read from a segment file; small ones are kept for the next read.
///
/// A fresh mapping costs a page fault for each of its pages, which is more than the read itself.
///
/// SAFETY: `@unchecked Sendable` because the memory is written by the one thread that fills it before the
/// buffer is shared, and only read afterwards.
final class ReadBuffer: @unchecked Sendable {
    /// Bytes of a pooled buffer: one read of a lagging channel.
    static let pooledBytes = 256 * 1024

    private static let poolLimit = 8
    private static let pool = Mutex<[PooledMemory]>([])

    let base: UnsafeMutableRawPointer
    let capacity: Int

    // SAFETY: memory that nobody refers to while it is in the pool.
    private struct PooledMemory: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
    }

    /// Takes memory of at least `minimum` bytes, from the pool when that is enough.
    init(minimum: Int) {
        if minimum <= Self.pooledBytes {
            capacity = Self.pooledBytes
            if let kept = Self.pool.withLock({ $0.popLast() }) {
                base = kept.base
                return
            }
        } else {
            capacity = minimum
        }
        // SAFETY: freed in deinit or handed to the pool there.
        base = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit {
        guard capacity == Self.pooledBytes else {
            base.deallocate()
            return
        }
        let memory = PooledMemory(base: base)
        let isKept = Self.pool.withLock { pool in
            guard pool.count < Self.poolLimit else { return false }
            pool.append(memory)
            return true
        }
        if !isKept { base.deallocate() }
    }
}
