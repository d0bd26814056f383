import Logging
import Lookup
import NIOPosix
import ServerSupport

/// Keeps the last view on disk while nsqlookupd runs, for its next start.
struct ViewKeeper: Sendable {
    /// Time between looks for changes.
    private static let interval = Duration.seconds(5)
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

    /// Writes the view whenever it has changed, until it is cancelled, and then once more.
    func run(_ file: ViewFile) async {
        var pause = Self.interval
        var saved: UInt64?
        while true {
            // SWALLOW: cancelled, the view is written for the last time.
            let isOver = (try? await Task.sleep(for: pause)) == nil
            let version = db.version
            // Who is silent was heard at some time, so that the times are written in the end.
            if version != saved || isOver {
                let start = ContinuousClock.now
                await save(to: file)
                saved = version
                pause = max(Self.interval, (ContinuousClock.now - start) * Self.share)
            }
            if isOver { return }
        }
    }

    private func save(to file: ViewFile) async {
        await Self.blocking {
            do {
                try file.save(db.view(), at: WallClock.nanoseconds / 1_000_000)
            } catch {
                logger.error("VIEW: \(dataPath)/\(ViewFile.name) cannot be written - \(error)")
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
