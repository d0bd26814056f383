import Logging
import Lookup
import NIOPosix
import ServerSupport

/// Keeps the last view on disk while nsqlookupd runs, for its next start.
struct ViewKeeper: Sendable {
    /// Time between looks for changes.
    private static let interval = Duration.seconds(5)
    /// Age that what is written of silent and pinging producers may have, at most.
    private static let longestAge = Duration.seconds(60)
    /// Part of the time that writing may take: a large view is written less often.
    private static let share = 20

    let db: RegistrationDB
    let dataPath: String
    let logger: Logger

    /// Shows what was known before this start; called before anybody can register.
    ///
    /// - Returns: The file to keep the view in; `nil` when it cannot be used, which is logged.
    func recall() async -> ViewFile? {
        await Self.blocking {
            do {
                let file = try ViewFile(dataPath: dataPath)
                let view = try file.load(at: WallClock.nanoseconds / 1_000_000)
                db.recall(view) { producer in
                    ProducerJSON.object(
                        of: producer.identity,
                        remoteAddress: producer.remoteAddress
                    )
                }
                logger.info(
                    "VIEW: \(view.producers.count) producers are remembered until they come back"
                )
                return file
            } catch {
                logger.error("VIEW: \(dataPath)/\(ViewFile.name) cannot be used - \(error)")
                return nil
            }
        }
    }

    /// Writes the view whenever it has changed, and now and then for who was heard when, until it is cancelled, and
    /// then once more.
    func run(_ file: ViewFile) async {
        let refresh = min(Self.longestAge, .nanoseconds(db.limits.inactiveProducerTimeout) / 4)
        var pause = Self.interval
        var saved: (version: UInt64, time: ContinuousClock.Instant)?
        while true {
            // SWALLOW: cancelled, the view is written for the last time.
            let isOver = (try? await Task.sleep(for: pause)) == nil
            db.forgetTheMissing()
            let start = ContinuousClock.now
            let version = db.version
            let isCurrent =
                saved.map { $0.version == version && start - $0.time < refresh } ?? false
            if isOver || !isCurrent, await save(to: file) {
                saved = (version, start)
                pause = max(Self.interval, (ContinuousClock.now - start) * Self.share)
            }
            if isOver { return }
        }
    }

    private func save(to file: ViewFile) async -> Bool {
        await Self.blocking {
            do {
                try file.save(db.view(), at: WallClock.nanoseconds / 1_000_000)
                return true
            } catch {
                logger.error("VIEW: \(dataPath)/\(ViewFile.name) cannot be written - \(error)")
                return false
            }
        }
    }

    /// Runs `body` on a thread that may block, to its end even when this task is cancelled.
    private static func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit { _ in continuation.resume(returning: body()) }
        }
    }
}
