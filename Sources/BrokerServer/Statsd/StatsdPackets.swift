package import NIOCore

/// Packs lines into datagrams.
package enum StatsdPackets {
    /// Bytes of a datagram where the flag asks for none.
    private static let defaultBytes = 4096

    /// As few datagrams as hold `lines` in their order, none above `size` bytes but for a single longer line.
    package static func pack(_ lines: [String], size: Int) -> [ByteBuffer] {
        let limit = size > 0 ? size : defaultBytes
        var packets: [ByteBuffer] = []
        var packet = ByteBuffer()
        for line in lines {
            if packet.readableBytes > 0, packet.readableBytes + line.utf8.count > limit {
                packets.append(packet)
                packet = ByteBuffer()
            }
            packet.writeString(line)
        }
        if packet.readableBytes > 0 { packets.append(packet) }
        return packets
    }
}
