/// How far the change of a connection's stream has come, which IDENTIFY can ask for once.
///
/// Source: `nsqd` spec 2.4.
enum StreamUpgrade {
    enum Compression {
        case deflate(level: Int)
        case snappy
    }

    /// None was asked for.
    case none
    /// It begins once the answer to IDENTIFY is written.
    case planned(usesTLS: Bool, Compression?)
    /// TLS is being agreed on; compression follows.
    case handshaking(Compression?)
    /// TLS holds; compression follows.
    case secured(Compression?)
    /// The stream stays as it is now.
    case done

    var isHandshaking: Bool {
        if case .handshaking = self { true } else { false }
    }

    var isDone: Bool {
        if case .done = self { true } else { false }
    }
}
