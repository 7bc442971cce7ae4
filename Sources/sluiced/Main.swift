// The daemon's command line. Everything it does is in SluiceDaemon.

import ArgumentParser
import Logging
import SluiceDaemon
import SluiceModel

private import Glibc

@main
struct Sluiced: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluiced",
        abstract: "Decides which flows a network carries, and answers on a local socket.",
        discussion: """
            Runs in the foreground and logs to standard error. It is ready when the socket accepts, reads the policy \
            again on SIGHUP, and ends with 0 on SIGTERM. With --state, flows, link states and revisions are kept on \
            disk: an answer is given when it is there, and the next run goes on from it. Without, they end with the \
            process.

            Examples:
              sluiced --topology topologies/abilene.json --socket /tmp/sluice.sock
              sluiced --topology net.json --telemetry 192.0.2.1:32766
              sluiced --topology net.graphml --state /var/lib/sluice
              sluiced --topology net.graphml --policy policies/campus.yaml --check
              kill -HUP $(pidof sluiced)

            Exit codes: 0 stopped by a signal, or checked without faults; 1 --check found faults; 2 usage; 3 a \
            document or the store cannot be used; 5 the socket cannot be served, or the state not be kept.
            """,
        version: SluiceVersion.text)

    @Option(help: "The network: a Sluice topology or any other format that sluice topology show reads.")
    var topology: String

    @Option(help: "Classes, preemption, learning, limits, access (YAML). Without it the standard policy is in force.")
    var policy: String?

    @Option(help: "The control socket (default: SLUICE_SOCKET, else \(Sluiced.defaultSocket)).")
    var socket: String?

    @Option(help: "Folder in which flows outlive the daemon; made where there is none.")
    var state: String?

    @Option(
        name: .customLong("telemetry"), parsing: .singleValue,
        help: ArgumentHelp(
            "Listen for INT reports and sFlow counters here, as 0.0.0.0:32766; may be repeated.",
            valueName: "address:port"))
    var telemetryAddresses: [String] = []

    @Option(
        help: ArgumentHelp(
            "Append a line for each change asked for: who, what, with which outcome. Opened again on SIGHUP.",
            valueName: "file"))
    var auditLog: String?

    @Option(
        help: ArgumentHelp(
            "Serve metrics to Prometheus on this loopback address, such as 127.0.0.1:9480.",
            valueName: "address:port"))
    var metrics: String?

    @Option(
        help: ArgumentHelp(
            "Where OpenFlow 1.3 switches dial to, tcp:ADDRESS:PORT, ssl:ADDRESS:PORT or unix:PATH; may be repeated.",
            valueName: "endpoint"),
        transform: Self.endpoint)
    var openflow: [OpenFlowEndpoint] = []

    @Option(
        name: .customLong("switch"), parsing: .singleValue,
        help: ArgumentHelp(
            "Where a switch listens, tcp:ADDRESS:PORT, ssl:ADDRESS:PORT or unix:PATH; may be repeated.",
            valueName: "endpoint"),
        transform: Self.endpoint)
    var switches: [OpenFlowEndpoint] = []

    @Option(
        help: ArgumentHelp(
            "Short for --switch unix:PATH, as Open vSwitch's BRIDGE.mgmt; may be repeated.", valueName: "path"))
    var switchSocket: [String] = []

    @Option(help: ArgumentHelp("The daemon's certificate for ssl: endpoints (PEM).", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of --tls-certificate (PEM).", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("Authorities that sign the certificates of switches (PEM).", valueName: "file"))
    var tlsAuthority: String?

    @Flag(help: "Read the documents, say what is wrong with them, and end.")
    var check = false

    @Option(help: "Least level that is logged.")
    var logLevel = LogLevel.info

    static let defaultSocket = "/run/sluice/control.sock"

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
            Glibc.exit(0)
        } catch let status as ExitCode {
            Glibc.exit(status.rawValue)
        } catch {
            let message = fullMessage(for: error)
            if exitCode(for: error) == .success {
                print(message)
                Glibc.exit(0)
            }
            let prefix = "Error: "
            say(message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
            Glibc.exit(2)
        }
    }

    func run() throws {
        let environment = Self.environment()
        var configuration = Configuration(
            topologyFile: topology, policyFile: policy,
            socketPath: socket ?? environment["SLUICE_SOCKET"] ?? Self.defaultSocket,
            telemetryAddresses: telemetryAddresses)
        configuration.stateFolder = state
        configuration.auditFile = auditLog
        configuration.metricsAddress = try metricsAddress()
        configuration.southbound = try southbound()
        let documents: Configuration.Documents
        do throws(InvalidConfiguration) {
            documents = try configuration.documents()
        } catch {
            for line in error.lines { Self.say(line) }
            throw ExitCode(check && !error.isUnreadable ? 1 : 3)
        }
        if check {
            for warning in documents.warnings { Self.say("warning: \(warning)") }
            let topology = documents.topology
            print(
                "\(topology.name): \(topology.switches.count) switches, \(topology.hosts.count) hosts, "
                    + "\(topology.links.count) directed links; policy with \(documents.policy.classes.count) classes: "
                    + "no faults")
            return
        }
        let level = Logger.Level(rawValue: logLevel.rawValue) ?? .info
        let log = Logger(label: "sluiced") { _ in
            OperatorLog(level: level, toJournal: OperatorLog.isJournal(environment: environment))
        }
        do throws(StartFailure) {
            try DaemonProcess(configuration, documents: documents, environment: environment, log: log).run()
        } catch {
            Self.say(error.text)
            throw ExitCode(error.isOfInput ? 3 : 5)
        }
    }

    private static func endpoint(_ text: String) throws -> OpenFlowEndpoint {
        guard let endpoint = OpenFlowEndpoint(text: text) else {
            throw ValidationError("\"\(text)\" is none of tcp:ADDRESS:PORT, ssl:ADDRESS:PORT and unix:PATH")
        }
        return endpoint
    }

    /// Where switches are met; without all three files there is no ssl: endpoint.
    private func southbound() throws -> SouthboundService.Places {
        var places = SouthboundService.Places()
        places.listening = openflow
        places.dialling = switches + switchSocket.map { OpenFlowEndpoint.unix(path: $0) }
        if let tlsCertificate, let tlsKey, let tlsAuthority {
            places.tls = TLSFiles(certificate: tlsCertificate, privateKey: tlsKey, authority: tlsAuthority)
        } else if let encrypted = (places.listening + places.dialling).first(where: \.isEncrypted) {
            Self.say("\(encrypted.text) needs --tls-certificate, --tls-key and --tls-authority")
            throw ExitCode(2)
        } else if tlsCertificate != nil || tlsKey != nil || tlsAuthority != nil {
            Self.say("--tls-certificate, --tls-key and --tls-authority go together")
            throw ExitCode(2)
        }
        return places
    }

    private func metricsAddress() throws -> LoopbackAddress? {
        guard let metrics else { return nil }
        do throws(LoopbackAddress.Failure) {
            return try LoopbackAddress(metrics)
        } catch {
            Self.say("--metrics: \(error.text)")
            throw ExitCode(2)
        }
    }

    private static func say(_ text: String) {
        let bytes = Array("sluiced: \(text)\n".utf8)
        // Nothing is left to be done where even this fails.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for name in [
            "SLUICE_SOCKET", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS",
            "LISTEN_FDNAMES",
            "JOURNAL_STREAM",
        ] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}

/// The levels that the daemon uses, named as in swift-log.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case error, warning, notice, info, debug
}
