private import NSQCore

/// What `--version` prints and the first log line says.
package enum VersionLine {
    /// `<program> v<version> (built w/swift<compiler>)`.
    package static func text(program: String) -> String { "\(program) \(ServerVersion.line)" }
}
