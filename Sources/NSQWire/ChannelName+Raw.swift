package import NSQCore

extension ChannelName {
    /// Checks raw bytes of the wire, for the reason given at ``TopicName``.
    package init?(raw: UnsafeRawBufferPointer) {
        self.init(String(decoding: raw, as: UTF8.self))
    }
}
