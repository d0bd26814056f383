/// The node id of a daemon that was given none: derived from the host name, so that it stays the
/// same.
package enum DefaultNodeID {
    /// IEEE CRC-32 over the 16 bytes of MD5(`hostName`), modulo 1024.
    ///
    /// Source: `nsqd` spec 5.2.
    package static func number(forHost hostName: String) -> Int {
        Int(CRC32.checksum(of: MD5.digest(of: Array(hostName.utf8))) % 1024)
    }
}
