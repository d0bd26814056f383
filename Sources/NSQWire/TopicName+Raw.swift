package import NSQCore

extension TopicName {
    /// Checks raw bytes of the wire.
    ///
    /// They go through a `String`, for which the check was compiled, since the one for any collection runs
    /// unspecialized across modules and costs microseconds. Bytes that are no UTF-8 become U+FFFD, which no
    /// name may hold.
    package init?(raw: UnsafeRawBufferPointer) {
        self.init(String(decoding: raw, as: UTF8.self))
    }
}
