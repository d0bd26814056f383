/// Reasons for which a connection reads no further commands for now.
///
/// While any holds, nothing is read from the socket either, so that what waits is bounded by one read.
struct InputHolds: OptionSet {
    let rawValue: UInt8

    /// A publish is not durable yet.
    static let commit = Self(rawValue: 1)
    /// A SUB waits for its second attempt.
    static let subscribe = Self(rawValue: 2)
    /// The client does not take its answers.
    static let backlog = Self(rawValue: 4)
    /// The stream is about to be changed.
    static let upgrade = Self(rawValue: 8)
    /// An auth server is asked.
    static let authorization = Self(rawValue: 16)
}
