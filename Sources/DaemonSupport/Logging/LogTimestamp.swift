private import Glibc

/// A moment in local time, to the microsecond, as log lines show it.
package struct LogTimestamp: Sendable {
    private let year: Int
    private let month: Int
    private let day: Int
    private let hour: Int
    private let minute: Int
    private let second: Int
    private let microsecond: Int
    private let secondsEastOfUTC: Int

    /// Composes a moment; `month` and `day` count from 1.
    package init(
        year: Int,
        month: Int,
        day: Int,
        hour: Int,
        minute: Int,
        second: Int,
        microsecond: Int,
        secondsEastOfUTC: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
        self.secondsEastOfUTC = secondsEastOfUTC
    }

    /// This moment by the wall clock, in the time zone of the process.
    package static func now() -> Self {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        var local = tm()
        localtime_r(&clock.tv_sec, &local)
        return Self(
            year: Int(local.tm_year) + 1900,
            month: Int(local.tm_mon) + 1,
            day: Int(local.tm_mday),
            hour: Int(local.tm_hour),
            minute: Int(local.tm_min),
            second: Int(local.tm_sec),
            microsecond: clock.tv_nsec / 1000,
            secondsEastOfUTC: local.tm_gmtoff
        )
    }

    /// `YYYY/MM/DD HH:MM:SS.uuuuuu`.
    package var text: String {
        "\(Self.padded(year, 4))/\(Self.padded(month, 2))/\(Self.padded(day, 2)) \(time)"
    }

    /// `YYYY-MM-DDTHH:MM:SS.uuuuuu+HH:MM` (RFC 3339).
    package var isoText: String {
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let minutes = abs(secondsEastOfUTC) / 60
        let sign = secondsEastOfUTC < 0 ? "-" : "+"
        let zone = "\(sign)\(Self.padded(minutes / 60, 2)):\(Self.padded(minutes % 60, 2))"
        return "\(date)T\(time)\(zone)"
    }

    private var time: String {
        "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
            + ".\(Self.padded(microsecond, 6))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
