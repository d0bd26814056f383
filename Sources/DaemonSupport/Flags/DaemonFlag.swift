/// The settings of a daemon, with their defaults.
package protocol DaemonConfiguration: Sendable {
    /// The defaults.
    init()
}

/// One flag of a daemon: how it is read, where its value goes, and what values are legal.
package struct DaemonFlag<Configuration: DaemonConfiguration>: Sendable {
    /// How the flag is read, and its line in the usage.
    package private(set) var definition: FlagDefinition

    /// The key under which `GET /config/<key>` shows the value; `nil` for none.
    package private(set) var optionKey: String?

    /// The legal numbers, in nanoseconds for a duration; `nil` where all are.
    package private(set) var legalRange: ClosedRange<Int64>?

    private let apply: @Sendable (FlagValue, inout Configuration) -> Void

    /// Composes a flag whose value `apply` brings into the configuration.
    package init(
        _ definition: FlagDefinition,
        legalRange: ClosedRange<Int64>? = nil,
        apply: @escaping @Sendable (FlagValue, inout Configuration) -> Void = { _, _ in }
    ) {
        self.definition = definition
        self.legalRange = legalRange
        self.apply = apply
        optionKey = definition.name.replacing("-", with: "_")
    }

    /// The same flag shown under `key` instead of its own name, or not shown at all.
    package func shown(as key: String?) -> Self {
        var flag = self
        flag.optionKey = key
        return flag
    }

    /// The same flag under a heading of `--help`.
    package func under(_ group: String) -> Self {
        var flag = self
        flag.definition.group = group
        return flag
    }

    /// Writes `value` into the setting that this flag is for.
    package func set(_ value: FlagValue, in configuration: inout Configuration) {
        apply(value, &configuration)
    }
}

extension DaemonFlag {
    /// The setting of a flag, as a key path that may cross threads.
    package typealias Setting<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    private static var defaults: Configuration { Configuration() }

    /// A text flag; its initial value is the setting's default unless `initially` gives another.
    package static func text(
        _ name: String,
        _ setting: Setting<String>,
        initially: String? = nil,
        _ usage: String
    ) -> Self {
        let initial = initially ?? defaults[keyPath: setting]
        let definition = FlagDefinition(name, .text, initially: .text(initial), usage: usage)
        return Self(definition) { value, configuration in
            if case .text(let text) = value { configuration[keyPath: setting] = text }
        }
    }

    /// A number flag; its initial value is the setting's default unless `initially` gives another.
    package static func number(
        _ name: String,
        _ setting: Setting<Int>,
        initially: Int? = nil,
        legal: ClosedRange<Int64>? = nil,
        _ usage: String
    ) -> Self {
        let initial = Int64(initially ?? defaults[keyPath: setting])
        let definition = FlagDefinition(name, .integer, initially: .integer(initial), usage: usage)
        return Self(definition, legalRange: legal) { value, configuration in
            guard case .integer(let number) = value else { return }
            configuration[keyPath: setting] = Int(clamping: number)
        }
    }

    /// A boolean flag; its initial value is the setting's default.
    package static func truth(_ name: String, _ setting: Setting<Bool>, _ usage: String) -> Self {
        let definition = FlagDefinition(
            name,
            .boolean,
            initially: .boolean(defaults[keyPath: setting]),
            usage: usage
        )
        return Self(definition) { value, configuration in
            if case .boolean(let truth) = value { configuration[keyPath: setting] = truth }
        }
    }

    /// A flag that may be repeated; there are none at first.
    package static func list(_ name: String, _ setting: Setting<[String]>, _ usage: String) -> Self
    {
        let definition = FlagDefinition(name, .list, initially: .list([]), usage: usage)
        return Self(definition) { value, configuration in
            if case .list(let items) = value { configuration[keyPath: setting] = items }
        }
    }

    /// A duration flag; its initial value is the setting's default.
    package static func duration(
        _ name: String,
        _ setting: Setting<Duration>,
        legal: ClosedRange<Int64> = 0...longestDuration,
        _ usage: String
    ) -> Self {
        let initial = defaults[keyPath: setting] / .nanoseconds(1)
        let definition = FlagDefinition(
            name,
            .duration,
            initially: .duration(Int64(initial)),
            usage: usage
        )
        return Self(definition, legalRange: legal) { value, configuration in
            guard case .duration(let nanoseconds) = value else { return }
            configuration[keyPath: setting] = .nanoseconds(nanoseconds)
        }
    }

    /// A flag that changes no setting here: it is read, checked and shown.
    package static func noted(
        _ name: String,
        _ kind: FlagKind,
        initially value: FlagValue,
        legal: ClosedRange<Int64>? = nil,
        _ usage: String
    ) -> Self {
        Self(FlagDefinition(name, kind, initially: value, usage: usage), legalRange: legal)
    }

    /// 100 years in nanoseconds: a deadline that far away still fits into 63 bits with room to
    /// spare.
    package static var longestDuration: Int64 { 876_000 * 3_600_000_000_000 }
}
