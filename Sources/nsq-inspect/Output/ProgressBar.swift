/// How far a long command has come: one line on standard error, while a person looks at it.
struct ProgressBar {
    private let title: String
    private let isShown: Bool
    private let began = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?

    private static let pause = Duration.milliseconds(100)
    private static let width = 24

    /// Begins a bar for the work `title`.
    init(_ title: String) {
        self.title = title
        isShown = StandardError.isTerminal
    }

    /// Shows that `done` of `total` bytes are done; ten times a second at most.
    mutating func show(done: UInt64, total: UInt64) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < Self.pause { return }
        lastShown = now
        let text = Self.text(done: done, total: total, elapsed: (now - began) / .milliseconds(1))
        StandardError.write("\r\(title) \(text)\u{1b}[K")
    }

    /// Takes the line away.
    func end() {
        if lastShown != nil { StandardError.write("\r\u{1b}[K") }
    }

    /// Bar, share, bytes, rate and time left after `elapsed` milliseconds.
    static func text(done: UInt64, total: UInt64, elapsed: Double) -> String {
        let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
        let filled = Int(share * Double(width))
        let bar =
            String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        var text =
            "[\(bar)] \(Int(share * 100))%  \(HumanFigure.bytes(done)) of \(HumanFigure.bytes(total))"
        guard elapsed >= 500, done > 0 else { return text }
        let rate = Double(done) / elapsed
        text += "  \(HumanFigure.bytes(UInt64(min(rate * 1000, 1e18))))/s"
        let left = Double(total - min(done, total)) / rate
        return text + "  \(HumanFigure.age(Int64(min(left, 1e15)))) left"
    }
}
