/// Bounds of what a peer can make a stream hold.
package enum StreamLimits {
    /// Plain bytes that are taken out at a time, whatever the ratio of compression: a bomb costs no more.
    package static let pieceBytes = 65_536
}
