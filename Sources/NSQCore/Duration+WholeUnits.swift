extension Duration {
    /// Whole nanoseconds, which is what deadlines are reckoned in, held within what 64 bits can count.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return seconds < 0 ? .min / 2 : .max / 2 }
        return whole &+ attoseconds / 1_000_000_000
    }

    /// Whole milliseconds, which is what the protocol's texts and answers show.
    package var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
