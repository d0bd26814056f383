/// The version served in `/info`, `/stats`, IDENTIFY and `--version`.
///
/// It names the NSQ release whose behaviour is given, because clients and dashboards compare it.
package enum ServerVersion {
    /// The NSQ release that clients may assume.
    package static let text = "1.3.0"

    /// The version and the compiler: `v1.3.0 (built w/swift6.3)`.
    package static var line: String { "v\(text) (built w/\(compiler))" }

    private static var compiler: String {
        #if compiler(>=6.4)
        "swift6.4"
        #elseif compiler(>=6.3)
        "swift6.3"
        #else
        "swift6.2"
        #endif
    }
}
