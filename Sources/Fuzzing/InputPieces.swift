/// An input cut into the pieces in which a socket might bring it; its first byte says how.
struct InputPieces: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer
    private let size: Int

    /// Takes the first byte of `bytes` for the size of the pieces: 0 for one piece.
    init(_ bytes: UnsafeRawBufferPointer) {
        let first = Int(bytes.first ?? 0)
        size = first == 0 ? .max : first
        rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard !rest.isEmpty else { return nil }
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(size))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(size))
        return piece
    }
}
