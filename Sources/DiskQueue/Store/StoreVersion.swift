private import NSQCore

/// The version of this store, for programs that know of nothing below it.
package enum StoreVersion {
    /// The NSQ release and the compiler: `v1.3.0 (built w/swift6.3)`.
    package static var line: String { ServerVersion.line }
}
