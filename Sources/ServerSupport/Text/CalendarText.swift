private import Glibc

/// Points in time as the HTTP API writes them.
package enum CalendarText {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The value of a `Date` field (RFC 9110 §5.6.7), from Unix seconds.
    package static func httpDate(_ seconds: Int64) -> String {
        var instant = time_t(seconds)
        var parts = tm()
        // SAFETY: both arguments are locals that outlive the call; gmtime_r keeps neither.
        guard gmtime_r(&instant, &parts) != nil,
            weekdays.indices.contains(Int(parts.tm_wday)),
            months.indices.contains(Int(parts.tm_mon))
        else { return "Thu, 01 Jan 1970 00:00:00 GMT" }
        let weekday = weekdays[Int(parts.tm_wday)]
        let month = months[Int(parts.tm_mon)]
        let day = twoDigits(parts.tm_mday)
        return "\(weekday), \(day) \(month) \(year(parts)) \(clock(parts)) GMT"
    }

    /// RFC 3339 in the local time zone, to the second, from Unix seconds.
    package static func rfc3339(_ seconds: Int64) -> String {
        var instant = time_t(seconds)
        var parts = tm()
        // SAFETY: both arguments are locals that outlive the call; localtime_r keeps neither.
        guard localtime_r(&instant, &parts) != nil else { return "1970-01-01T00:00:00Z" }
        let date = "\(year(parts))-\(twoDigits(parts.tm_mon + 1))-\(twoDigits(parts.tm_mday))"
        return "\(date)T\(clock(parts))\(offset(Int(parts.tm_gmtoff)))"
    }

    private static func offset(_ seconds: Int) -> String {
        guard seconds != 0 else { return "Z" }
        let minutes = abs(seconds) / 60
        let text = "\(twoDigits(Int32(minutes / 60))):\(twoDigits(Int32(minutes % 60)))"
        return (seconds < 0 ? "-" : "+") + text
    }

    private static func clock(_ parts: tm) -> String {
        "\(twoDigits(parts.tm_hour)):\(twoDigits(parts.tm_min)):\(twoDigits(parts.tm_sec))"
    }

    private static func year(_ parts: tm) -> String {
        let digits = String(Int(parts.tm_year) + 1900)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
