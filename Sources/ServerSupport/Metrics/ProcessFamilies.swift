private import NSQCore
package import PrometheusMetrics

/// What `/metrics` of every daemon shows of the process.
package enum ProcessFamilies {
    /// The families now; `startTime`: Unix seconds when the daemon started.
    ///
    /// Blocking: not on an event loop.
    package static func current(program: String, startTime: Int64) -> [MetricFamily] {
        let figures = ProcessFigures.current()
        var build = MetricFamily("\(program)_build_info", .gauge, "1, with the version.")
        build.add(1, [(name: "version", value: ServerVersion.text)])
        var start = MetricFamily(
            "process_start_time_seconds",
            .gauge,
            "Unix time of the start."
        )
        start.add(Double(startTime))
        var cpu = MetricFamily("process_cpu_seconds_total", .counter, "Processor time used.")
        cpu.add(figures.cpuSeconds)
        var resident = MetricFamily(
            "process_resident_memory_bytes",
            .gauge,
            "Private resident memory."
        )
        resident.add(Double(figures.residentBytes))
        return [build, start, cpu, resident]
    }
}
