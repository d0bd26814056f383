package import NSQCore

/// What `/topic/tombstone` calls a node: `<broadcast_address>:<http_port>`.
///
/// An IPv6 address may be in brackets, as nsqadmin sends it, or bare, as the original wants it (`nsqlookupd` spec
/// Q8).
package struct NodeAddress: Sendable {
    private let text: String

    /// Takes the text of the parameter.
    package init(_ text: String) { self.text = text }

    /// Whether this is the address of a producer.
    package func names(_ producer: ProducerIdentity) -> Bool {
        text == "\(producer.broadcastAddress):\(producer.httpPort)"
            || text == "[\(producer.broadcastAddress)]:\(producer.httpPort)"
    }
}
