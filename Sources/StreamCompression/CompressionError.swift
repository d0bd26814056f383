/// Why a compressed stream cannot go on; the connection is to be closed.
package enum CompressionError: Error, Equatable, CustomStringConvertible {
    /// There is no memory for the stream's state.
    case noMemory
    /// What came is no deflate stream; what zlib says of it.
    case badDeflate(String)
    /// The peer ended its deflate stream and sent more.
    case streamEnded
    /// What came is no snappy stream.
    case badSnappy(String)
    /// The library refused to compress; its status.
    case failed(Int32)

    package var description: String {
        switch self {
        case .noMemory: "no memory for a compressed stream"
        case .badDeflate(let reason): "bad deflate stream: \(reason)"
        case .streamEnded: "the deflate stream went on after its end"
        case .badSnappy(let reason): "bad snappy stream: \(reason)"
        case .failed(let status): "compression failed with status \(status)"
        }
    }
}
