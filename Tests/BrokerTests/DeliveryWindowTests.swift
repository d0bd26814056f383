import Broker
import DiskQueueTesting
import Testing

/// The window against a dictionary that does the same at any cost.
@Suite("Delivery window", .timeLimit(.minutes(10)))
struct DeliveryWindowTests {
    private typealias Window = DeliveryWindow

    /// What the window should say: fresh unless the dictionary knows better.
    private struct Model {
        var floor: UInt64
        var codes: [UInt64: UInt32] = [:]
        /// Finished ranges too long for the dictionary.
        var ranges: [Range<UInt64>] = []

        func code(of sequence: UInt64) -> UInt32 {
            if sequence < floor { return DeliveryWindow.finished }
            if let code = codes[sequence] { return code }
            return ranges.contains { $0.contains(sequence) }
                ? DeliveryWindow.finished : DeliveryWindow.fresh
        }

        /// Marks the fresh ones of `range`; returns how many there were.
        mutating func markFinished(_ range: Range<UInt64>) -> UInt64 {
            let low = max(range.lowerBound, floor)
            guard low < range.upperBound else { return 0 }
            var count = range.upperBound - low
            for old in ranges { count -= overlap(old, low..<range.upperBound) }
            count -= UInt64(codes.keys.filter { low <= $0 && $0 < range.upperBound }.count)
            // What the dictionary knows stays as it is there.
            ranges.append(low..<range.upperBound)
            normalize()
            return count
        }

        private func overlap(_ left: Range<UInt64>, _ right: Range<UInt64>) -> UInt64 {
            let low = max(left.lowerBound, right.lowerBound)
            let high = min(left.upperBound, right.upperBound)
            let total = high > low ? high - low : 0
            return total - UInt64(codes.keys.filter { low <= $0 && $0 < high }.count)
        }

        private mutating func normalize() {
            ranges.sort { $0.lowerBound < $1.lowerBound }
            var merged: [Range<UInt64>] = []
            for range in ranges {
                if let last = merged.last, last.upperBound >= range.lowerBound {
                    merged[merged.count - 1] =
                        last.lowerBound..<max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            ranges = merged
        }

        /// Moves the floor to the first sequence that is not finished, and forgets what lies below it.
        mutating func raiseFloor() -> UInt64 {
            let open = codes.filter { $0.value != DeliveryWindow.finished }.keys.min() ?? .max
            var sequence = floor
            while sequence < open {
                if let range = ranges.first(where: { $0.contains(sequence) }) {
                    sequence = range.upperBound
                } else if codes[sequence] != nil {
                    sequence += 1
                } else {
                    break
                }
            }
            floor = min(sequence, open)
            codes = codes.filter { $0.key >= floor }
            ranges.removeAll { $0.upperBound <= floor }
            return floor
        }
    }

    private func check(
        _ window: borrowing DeliveryWindow,
        _ model: Model,
        at sequence: UInt64,
        _ seed: UInt64
    ) throws {
        let found = window.code(of: sequence)
        try #require(
            found == model.code(of: sequence),
            "seed \(seed): the code of \(sequence) is wrong"
        )
    }

    @Test(arguments: 0..<40)
    func agreesWithADictionary(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let chunk = DeliveryWindow.chunkSize
        let starts: [UInt64] = [0, 1, chunk - 1, chunk, 5 * chunk, 1 << 40, (1 << 40) + 700]
        let start = starts[generator.below(starts.count)]
        var window = DeliveryWindow(floor: start)
        var model = Model(floor: start)
        var cursor = start
        for _ in 0..<200 {
            switch generator.below(8) {
            case 0:
                // A gap ahead, sometimes huge.
                let length = UInt64(
                    [1, 10, 1024, 5000, 70 * 1024, 1 << 24][generator.below(6)]
                )
                let low = cursor + UInt64(generator.below(3) * generator.below(2000))
                let aligned = generator.below(3) == 0 ? (low + chunk - 1) / chunk * chunk : low
                let range = aligned..<aligned + length
                #expect(window.markFinished(range) == model.markFinished(range))
                if generator.below(2) == 0 { cursor = max(cursor, range.upperBound) }
            case 1, 2:
                // Something delivered: the cursor moves over a run.
                let count = 1 + generator.below(700)
                let code = UInt32(1 + generator.below(1000))
                for sequence in cursor..<cursor + UInt64(count)
                where model.code(of: sequence) == Window.fresh {
                    _ = window.stretch(at: sequence)
                    window.set(code, of: sequence, isAhead: true)
                    model.codes[sequence] = code
                }
                cursor += UInt64(count)
            case 3, 4, 5:
                let open = model.codes.filter { $0.value != Window.finished }.keys.sorted()
                for sequence in open where generator.below(10) != 0 {
                    window.set(Window.finished, of: sequence, isAhead: false)
                    model.codes[sequence] = Window.finished
                }
            case 6:
                for sequence in model.codes.keys.sorted() where generator.below(20) == 0 {
                    guard model.codes[sequence] != Window.finished else { continue }
                    let code = [Window.queued, Window.deferred, 7][generator.below(3)]
                    window.set(code, of: sequence, isAhead: sequence >= cursor)
                    model.codes[sequence] = code
                }
            default:
                // A long time later.
                cursor += UInt64(generator.below(200)) * chunk
            }
            let floor = window.floor()
            let wanted = model.raiseFloor()
            try #require(floor == wanted, "seed \(seed): wrong floor")
            try checkPlaces(window, model, cursor: cursor, using: &generator, UInt64(seed))
        }
        checkWhole(&window, model, cursor: cursor, UInt64(seed))
    }

    private func checkPlaces(
        _ window: borrowing DeliveryWindow,
        _ model: Model,
        cursor: UInt64,
        using generator: inout SeededGenerator,
        _ seed: UInt64
    ) throws {
        for _ in 0..<10 {
            let back = UInt64(generator.below(100_000))
            try check(window, model, at: cursor > back ? cursor - back : 0, seed)
            try check(window, model, at: cursor + UInt64(generator.below(100_000)), seed)
        }
        for range in model.ranges.suffix(3) {
            try check(window, model, at: range.lowerBound, seed)
            try check(window, model, at: range.upperBound, seed)
            try check(window, model, at: range.upperBound - 1, seed)
        }
        for sequence in model.codes.keys.prefix(10) {
            try check(window, model, at: sequence, seed)
            let range = sequence..<sequence + UInt64(generator.below(3000))
            let isFinished = range.allSatisfy { model.code(of: $0) == Window.finished }
            let found = window.isFinished(range)
            try #require(found == isFinished, "seed \(seed): isFinished(\(range)) is wrong")
        }
    }

    private func checkWhole(
        _ window: inout DeliveryWindow,
        _ model: Model,
        cursor: UInt64,
        _ seed: UInt64
    ) {
        var open: [UInt64: UInt32] = [:]
        var finished: [Range<UInt64>] = []
        window.forEach(message: { open[$0] = $1 }, finished: { finished.append($0) })
        #expect(open == model.codes.filter { $0.value != Window.finished }, "seed \(seed)")
        #expect(
            zip(finished, finished.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound },
            "seed \(seed): the ranges are not ascending"
        )
        let floor = window.floor()
        for (sequence, code) in model.codes where code == Window.finished && sequence >= floor {
            #expect(finished.contains { $0.contains(sequence) }, "seed \(seed): \(sequence)")
        }
        for range in finished {
            #expect(model.code(of: range.lowerBound) == Window.finished, "seed \(seed)")
            #expect(model.code(of: range.upperBound - 1) == Window.finished, "seed \(seed)")
        }
    }

    /// Every small range on every small window, against sequence by sequence.
    @Test func marksExactlyTheFreshOnesOfARange() {
        let chunk = DeliveryWindow.chunkSize
        let edges: [UInt64] = [0, 1, 2, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 3]
        for low in edges {
            for high in edges where high >= low {
                for marked in edges {
                    var window = DeliveryWindow(floor: 0)
                    window.set(9, of: marked, isAhead: true)
                    let hits = (low..<high).contains(marked) ? UInt64(1) : 0
                    #expect(window.markFinished(low..<high) == high - low - hits)
                    #expect(window.code(of: marked) == 9)
                    #expect(window.isFinished(low..<high) == (hits == 0))
                    #expect(window.markFinished(low..<high) == 0)
                }
            }
        }
    }

    @Test func aHugeGapThatIsFinishedAlreadyIsPassedInOneStep() {
        var window = DeliveryWindow(floor: 0)
        window.set(9, of: 3, isAhead: true)
        let gap = 5..<UInt64(1) << 60
        #expect(window.markFinished(gap) == (1 << 60) - 5)
        #expect(window.markFinished(gap) == 0)
        #expect(window.isFinished(gap) == true)
        #expect(window.isFinished(3..<gap.upperBound) == false)
    }

    @Test(arguments: [0, 1 << 30, (1 << 30) + 5] as [UInt64])
    func aHugeGapAtTheStartIsPassedInOneStep(start: UInt64) {
        var window = DeliveryWindow(floor: start)
        let end = start + 1 << 24
        #expect(window.markFinished(start..<end) == 1 << 24)
        #expect(window.code(of: start) == Window.finished)
        #expect(window.code(of: end) == Window.fresh)
        #expect(window.floor() == end)
        if case .finished(let until) = window.stretch(at: start) {
            #expect(until > start)
        }
        for sequence in end..<end + 3000 { window.set(1, of: sequence, isAhead: true) }
        for sequence in end..<end + 3000 {
            window.set(Window.finished, of: sequence, isAhead: false)
        }
        #expect(window.floor() == end + 3000)
        for sequence in [start, end - 1, end, end + 1500, end + 2999] {
            #expect(window.code(of: sequence) == Window.finished)
        }
        #expect(window.code(of: end + 3000) == Window.fresh)
    }
}
