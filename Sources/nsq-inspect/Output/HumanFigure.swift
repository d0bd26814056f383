import FoundationEssentials

/// Figures as people read them.
enum HumanFigure {
    /// Bytes, in the largest unit of which there is one.
    static func bytes(_ count: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard count >= 1024 else { return "\(count) B" }
        var tenths = count.multipliedFullWidth(by: 10)
        var unit = -1
        repeat {
            tenths = (tenths.high >> 10, tenths.low >> 10 | UInt64(tenths.high & 0x3ff) << 54)
            unit += 1
        } while (tenths.high > 0 || tenths.low >= 10240) && unit < units.count - 1
        return "\(tenths.low / 10).\(tenths.low % 10) \(units[unit])"
    }

    /// A time that passed: its two largest units.
    static func age(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds) / 1000
        return switch seconds {
        case ..<1: "\(max(0, milliseconds))ms"
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
        case ..<86400: "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: "\(seconds / 86400)d\(seconds % 86400 / 3600)h"
        }
    }

    /// A moment (milliseconds since the Unix epoch) in UTC, as RFC 3339 has it.
    static func time(_ milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
