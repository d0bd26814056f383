import BrokerServer
import DaemonSupport

extension NSQDConfiguration: DaemonConfiguration {}

/// One flag of nsqd.
typealias NSQDFlag = DaemonFlag<NSQDConfiguration>

extension NSQDFlag {
    /// `--fsync`.
    static func fsync(_ usage: String) -> Self {
        let definition = FlagDefinition(
            "fsync",
            .word(allowed: FsyncChoice.allCases.map(\.rawValue), noun: "fsync policy"),
            initially: .text(NSQDConfiguration().fsync.rawValue),
            usage: usage
        )
        return Self(definition) { value, configuration in
            guard case .text(let word) = value, let choice = FsyncChoice(rawValue: word) else {
                return
            }
            configuration.fsync = choice
        }
    }
}
