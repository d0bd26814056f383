import DaemonSupport
import Glibc
import LookupServer
import NSQCore
import ServiceLifecycle

/// The nsqlookupd daemon.
@main
struct NSQLookupd {
    static func main() async {
        let hostName = HostName.current()
        let flags = NSQLookupdFlags.all(hostName: hostName)
        let program = DaemonProgram("nsqlookupd", flags: flags) { setup in
            try services(setup, hostName: hostName)
        }
        exit(await program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func services(
        _ setup: DaemonProgram<LookupConfiguration>.Setup,
        hostName: String
    ) throws -> [any Service] {
        try setup.settings.checkRanges()
        var configuration = setup.settings.configuration
        configuration.hostname = hostName
        return [
            LookupServer(
                configuration: configuration,
                versionLine: setup.versionLine,
                logger: setup.logger,
                report: SystemdNotification.report
            )
        ]
    }
}
