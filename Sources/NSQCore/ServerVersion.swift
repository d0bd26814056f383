/// The version served in `/info`, `/stats`, IDENTIFY and `--version`.
///
/// It names the NSQ release whose behaviour is given, because clients and dashboards compare it.
package enum ServerVersion {
    /// The NSQ release that clients may assume.
    package static let text = "1.3.0"
}
