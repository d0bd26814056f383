private import Glibc
private import Synchronization

/// A moment in local time, to the microsecond, as log lines show it.
package struct LogTimestamp: Sendable {
    private let year: Int
    private let month: Int
    private let day: Int
    private let hour: Int
    private let minute: Int
    private let second: Int
    private var microsecond: Int
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

    /// The second that was broken down last: a busy daemon logs thousands of lines in it.
    private static let latest = Mutex<(second: Int, moment: LogTimestamp)?>(nil)

    /// This moment by the wall clock, in the time zone of the process.
    package static func now() -> Self {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let second = clock.tv_sec
        var moment = latest.withLock { latest in
            if let latest, latest.second == second { return latest.moment }
            let moment = brokenDown(second)
            latest = (second, moment)
            return moment
        }
        moment.microsecond = clock.tv_nsec / 1000
        return moment
    }

    private static func brokenDown(_ second: time_t) -> Self {
        var second = second
        var local = tm()
        localtime_r(&second, &local)
        return Self(
            year: Int(local.tm_year) + 1900,
            month: Int(local.tm_mon) + 1,
            day: Int(local.tm_mday),
            hour: Int(local.tm_hour),
            minute: Int(local.tm_min),
            second: Int(local.tm_sec),
            microsecond: 0,
            secondsEastOfUTC: local.tm_gmtoff
        )
    }

    /// `YYYY/MM/DD HH:MM:SS.uuuuuu`.
    package var text: String {
        Self.text { put in
            date(separator: "/", &put)
            put(" ")
            time(&put)
        }
    }

    /// `YYYY-MM-DDTHH:MM:SS.uuuuuu+HH:MM` (RFC 3339).
    package var isoText: String {
        Self.text { put in
            date(separator: "-", &put)
            put("T")
            time(&put)
            let minutes = abs(secondsEastOfUTC) / 60
            put(secondsEastOfUTC < 0 ? "-" : "+")
            put(minutes / 60, width: 2)
            put(":")
            put(minutes % 60, width: 2)
        }
    }

    private func date(separator: Unicode.Scalar, _ put: inout Digits) {
        put(year, width: 4)
        put(separator)
        put(month, width: 2)
        put(separator)
        put(day, width: 2)
    }

    private func time(_ put: inout Digits) {
        put(hour, width: 2)
        put(":")
        put(minute, width: 2)
        put(":")
        put(second, width: 2)
        put(".")
        put(microsecond, width: 6)
    }

    /// Longest text, with room for years of five digits.
    private static let capacity = 40

    private static func text(_ body: (inout Digits) -> Void) -> String {
        String(unsafeUninitializedCapacity: capacity) { buffer in
            // SAFETY: the buffer is written through for the time of this closure only, and within its bounds.
            var digits = Digits(buffer: buffer)
            body(&digits)
            return digits.count
        }
    }

    /// Writes ASCII into a buffer; what does not fit is left out.
    private struct Digits {
        let buffer: UnsafeMutableBufferPointer<UInt8>
        var count = 0

        mutating func callAsFunction(_ scalar: Unicode.Scalar) {
            append(UInt8(truncatingIfNeeded: scalar.value))
        }

        /// `number`, which is not negative, with zeros before it up to `width` digits.
        mutating func callAsFunction(_ number: Int, width: Int) {
            var divisor = 1
            for _ in 1..<width { divisor *= 10 }
            var rest = max(0, number)
            while rest / divisor >= 10 { divisor *= 10 }
            while divisor > 0 {
                append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor % 10))
                rest %= divisor
                divisor /= 10
            }
        }

        private mutating func append(_ byte: UInt8) {
            guard count < buffer.count else { return }
            buffer[count] = byte
            count += 1
        }
    }
}
