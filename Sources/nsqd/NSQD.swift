import BrokerServer
import DaemonSupport
import Glibc
import NSQCore
import ServerSupport
import ServiceLifecycle

/// The nsqd daemon.
@main
struct NSQD {
    static func main() async {
        let hostName = HostName.current()
        let program = DaemonProgram("nsqd", flags: NSQDFlags.all(hostName: hostName)) { setup in
            try services(setup, hostName: hostName)
        }
        exit(await program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func services(
        _ setup: DaemonProgram<NSQDConfiguration>.Setup,
        hostName: String
    ) throws -> [any Service] {
        let configuration = try NSQDSettings.configuration(setup.settings, hostName: hostName)
        let tls = try TLSAcceptor.load(configuration.tls)
        let metrics = NSQDMetrics()
        let auth = try AuthClient.load(
            configuration.auth,
            rootCAPath: configuration.tls.rootCAPath,
            logger: setup.logger,
            metrics: metrics
        )
        let server = BrokerServer(
            configuration: configuration,
            versionLine: setup.versionLine,
            logger: setup.logger,
            setLogLevel: setup.setLogLevel,
            tls: tls,
            auth: auth,
            metrics: metrics,
            report: SystemdNotification.report,
            makeBroker: BrokerServer.openBroker
        )
        guard let tls else { return [server] }
        return [server, CertificateReload(tls: tls, logger: setup.logger)]
    }
}
