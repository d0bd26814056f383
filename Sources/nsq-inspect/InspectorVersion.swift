import DiskQueue

/// What `--version` says.
enum InspectorVersion {
    /// One line, as the daemons have it.
    static let line = "nsq-inspect \(StoreVersion.line)"
}
