import Broker
import Logging
import NIOCore
import NSQCore
import NSQWire

extension ConnectionHandler {
    /// IDENTIFY; a later one applies in full like the first (quirk Q9).
    func identify(_ json: UnsafeRawBufferPointer) {
        do throws(ProtocolError) {
            let request = try IdentifyRequest(json: json)
            var newSettings = settings
            try newSettings.apply(request, within: environment.identifyLimits)
            if upgrade.isDone { newSettings.keepStream(of: settings) }
            apply(newSettings)
            if proximity == nil { proximity = proximity(of: request) }
            record.identified(as: request, with: newSettings)
            environment.logger.info("[\(record.remoteAddress)] IDENTIFY: \(record.introduction)")
            answer(request)
        } catch {
            fail(error)
        }
    }

    /// Empty names are equal too, see `nsqd` spec 3.9.
    private func proximity(of request: IdentifyRequest) -> Proximity {
        let configuration = environment.configuration
        guard configuration.isTopologyAware else { return .global }
        if request.topologyZone == configuration.topologyZone { return .zone }
        return request.topologyRegion == configuration.topologyRegion ? .region : .global
    }

    private func apply(_ newSettings: ConnectionSettings) {
        settings = newSettings
        reader.machine.sendsHeartbeats = newSettings.heartbeatInterval != nil
        guard let context else { return }
        let now = context.eventLoop.now
        liveness.intervalChanged(to: newSettings.heartbeatInterval, at: now)
        flushTicker = FlushTicker(start: now, period: newSettings.outputBufferTimeout)
        armWakeTask()
    }

    private func answer(_ request: IdentifyRequest) {
        guard request.negotiatesFeatures else { return answer("OK") }
        let configuration = environment.configuration
        let response = IdentifyResponse(
            settings: settings,
            maximumReadyCount: configuration.maximumReadyCount,
            version: ServerVersion.text,
            maximumMessageTimeout: configuration.maximumMessageTimeout,
            maximumDeflateLevel: configuration.maximumDeflateLevel,
            requiresAuth: environment.auth != nil,
            topologyRegion: configuration.topologyRegion,
            topologyZone: configuration.topologyZone
        )
        Frame.writeResponse(response.json, to: &output.bytes)
        output.hasAnswers = true
        output.mustFlush = true
        planUpgrade()
    }
}
