import Broker
import NIOCore
import ServerSupport

extension Routes {
    /// `/livez`: 200 while the process answers at all; a supervisor that gets nothing may restart it.
    func live() -> HTTPReply { .plain(200, "ok") }

    /// `/readyz`: 200 while this nsqd should be given work, else 503 with the reasons, one a line.
    func ready() -> HTTPReply {
        let reasons = health.reasons(health: broker.health)
        guard !reasons.isEmpty else { return .plain(200, "ok") }
        return .plain(503, "not ready\n" + reasons.map { "- \($0)\n" }.joined())
    }
}
