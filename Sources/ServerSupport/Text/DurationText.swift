/// Durations in the text form of Go's `time.Duration`, such as `1m4.605452455s` or `45.2µs`.
package enum DurationText {
    private static let nanosecondsPerSecond: UInt64 = 1_000_000_000

    /// The text of a number of nanoseconds.
    package static func text(nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        return switch magnitude {
        case 0: "0s"
        case ..<1000: "\(sign)\(magnitude)ns"
        case ..<1_000_000: "\(sign)\(decimal(magnitude, unit: 1000))\u{b5}s"
        case ..<nanosecondsPerSecond: "\(sign)\(decimal(magnitude, unit: 1_000_000))ms"
        default: sign + clock(magnitude)
        }
    }

    private static func clock(_ nanoseconds: UInt64) -> String {
        let minute = 60 * nanosecondsPerSecond
        let seconds = decimal(nanoseconds % minute, unit: nanosecondsPerSecond)
        let minutes = nanoseconds / minute
        return switch minutes {
        case 0: "\(seconds)s"
        case ..<60: "\(minutes)m\(seconds)s"
        default: "\(minutes / 60)h\(minutes % 60)m\(seconds)s"
        }
    }

    /// `value / unit` with as many decimals as it needs; `unit` is a power of ten.
    private static func decimal(_ value: UInt64, unit: UInt64) -> String {
        var fraction = value % unit
        guard fraction > 0 else { return String(value / unit) }
        var width = String(unit).utf8.count - 1
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        let digits = String(fraction)
        let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
        return "\(value / unit).\(zeros)\(digits)"
    }
}
