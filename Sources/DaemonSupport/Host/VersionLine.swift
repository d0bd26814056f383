private import NSQCore

/// What `--version` prints and the first log line says.
package enum VersionLine {
    /// `<program> v<version> (built w/swift<compiler>)`.
    package static func text(program: String) -> String {
        "\(program) v\(ServerVersion.text) (built w/\(compiler))"
    }

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
