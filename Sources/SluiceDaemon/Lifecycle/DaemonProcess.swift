// The daemon's life: everything is set up in order, then the main thread waits for signals, then everything is taken
// down in order. Signals are blocked in every thread and taken by sigwait(3), so that no handler ever interrupts
// anything.

private import Glibc
package import Logging
private import NIOCore
private import NIOPosix
private import SluiceControlPlane
private import SluiceModel
private import SluiceStore

package struct DaemonProcess {
    private let configuration: Configuration
    private let documents: Configuration.Documents
    private let environment: [String: String]
    private let log: Logger

    package init(
        _ configuration: Configuration, documents: Configuration.Documents, environment: [String: String], log: Logger
    ) {
        self.configuration = configuration
        self.documents = documents
        self.environment = environment
        self.log = log
    }

    /// Serves until SIGTERM or SIGINT; throws where it cannot begin to.
    package func run() throws(StartFailure) {
        // Before the first thread, which inherits the mask.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A client that went away is a failed write, not the end.
        signal(SIGPIPE, SIG_IGN)

        // The store first: a second daemon on it must not take the socket away from the first.
        let (journal, plane) = try restoredState()
        let audit = try openAuditLog()
        let socket = try listen()
        let service = ServiceNotification(environment: environment, processID: getpid())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let controller = makeController(plane, journal, loop: group.next(), service: service, audit: audit)
        let (server, metrics) = try serve(socket, group, controller)
        let telemetry = try startTelemetry(for: controller, loop: group.next(), socket)
        let southbound: SouthboundService
        do throws(SouthboundService.Failure) {
            southbound = try SouthboundService.start(
                configuration.southbound, group: group, controller: controller)
        } catch {
            socket.removeFile()
            throw StartFailure(text: error.text, isOfInput: error.isOfInput)
        }
        let watchdog = service.watchdogNanoseconds.map { nanoseconds in
            group.next().scheduleRepeatedTask(initialDelay: .zero, delay: .nanoseconds(nanoseconds)) { _ in
                // On the event loop, so that silence means that it hangs.
                service.alive()
            }
        }
        let metricsAddress = metrics?.localAddress.flatMap { address in
            address.port.map { "\(configuration.metricsAddress?.hostText ?? ""):\($0)" }
        }
        announce(socket, metrics: metricsAddress, telemetry)
        service.ready("serving" + (metricsAddress.map { "; metrics at \($0)" } ?? ""))

        waitForEnd(signals, controller: controller, loop: group.next())

        service.stopping()
        log.notice("stopping")
        watchdog?.cancel()
        socket.removeFile()
        takeDown([server, metrics].compactMap { $0 }, southbound, telemetry, controller, group, journal)
        close(audit)
        log.notice("stopped")
    }

    /// The store and the control plane as it has it; a new one where there is nothing to restore.
    private func restoredState() throws(StartFailure) -> (Journal?, ControlPlane) {
        let seed = UInt64.random(in: .min ... .max)
        guard let folder = configuration.stateFolder else {
            return (nil, ControlPlane(topology: documents.topology, policy: documents.policy, seed: seed))
        }
        do throws(StoreFailure) {
            let store = try SluiceStore(directory: folder)
            let state = try StoredState(from: store, topology: documents.topology, policy: documents.policy, seed: seed)
            for id in state.lost {
                log.warning("a flow is over: the topology has not what it names", metadata: ["flow": "\(id)"])
            }
            if state.topologyHasChanged {
                log.warning(
                    "the topology is not the one of the last run",
                    metadata: ["displaced": "\(state.displaced)", "lost": "\(state.lost.count)"])
            }
            return (Journal(store), state.plane)
        } catch {
            throw StartFailure(text: error.text, isOfInput: error.isOfTheFile)
        }
    }

    private func openAuditLog() throws(StartFailure) -> AuditLog? {
        guard let file = configuration.auditFile else { return nil }
        do throws(AuditLog.Failure) {
            return try AuditLog(path: file, log: log)
        } catch {
            throw StartFailure(text: error.message)
        }
    }

    private func listen() throws(StartFailure) -> ListeningSocket {
        do throws(ListeningSocket.Failure) {
            let inherited = try ListeningSocket.inherited(environment: environment, processID: getpid())
            if let inherited { return inherited }
            return try ListeningSocket.bind(configuration.socketPath)
        } catch {
            throw StartFailure(text: error.text)
        }
    }

    private func serve(
        _ socket: ListeningSocket, _ group: MultiThreadedEventLoopGroup, _ controller: Controller
    ) throws(StartFailure) -> (control: any Channel, metrics: (any Channel)?) {
        do {
            try group.next().flatSubmit { controller.assumeIsolated { $0.start() } }.wait()
            let control = try ControlServer.start(on: socket, group: group, controller: controller).wait()
            try group.next().submit { controller.assumeIsolated { $0.startSweeping() } }.wait()
            let metrics = try configuration.metricsAddress.map { address in
                try MetricsListener.start(on: address, group: group, controller: controller).wait()
            }
            return (control, metrics)
        } catch {
            socket.removeFile()
            let places = configuration.socketPath + (configuration.metricsAddress.map { ", \($0.text)" } ?? "")
            throw StartFailure(text: "\(places): cannot listen: \(error)")
        }
    }

    private func close(_ audit: AuditLog?) {
        do {
            try audit?.close()
        } catch {
            log.error("the audit log could not be closed", metadata: ["error": "\(error)"])
        }
    }

    private func makeController(
        _ plane: ControlPlane, _ journal: Journal?, loop: any EventLoop, service: ServiceNotification, audit: AuditLog?
    ) -> Controller {
        let log = log
        let configuration = configuration
        let topologyBytes = documents.topologyBytes
        let surroundings = Controller.Surroundings(
            loop: loop, log: log, daemonUser: getuid(), service: service, audit: audit, journal: journal,
            journalFailed: { failure in
                log.critical("the state cannot be kept, so the daemon ends", metadata: ["fault": "\(failure.text)"])
                _exit(5)
            },
            reload: { configuration.reload(topologyBytes: topologyBytes) })
        return Controller(plane: plane, policy: documents.policy, surroundings: surroundings)
    }

    private func startTelemetry(
        for controller: Controller, loop: any EventLoop, _ socket: ListeningSocket
    ) throws(StartFailure) -> TelemetryListener? {
        guard !configuration.telemetryAddresses.isEmpty else { return nil }
        do throws(TelemetryListener.Failure) {
            let listener = try TelemetryListener.start(
                configuration.telemetryAddresses, topology: documents.topology, policy: documents.policy.telemetry,
                deliver: { controller.take($0, $1) })
            loop.execute { controller.assumeIsolated { $0.attach(listener) } }
            return listener
        } catch {
            socket.removeFile()
            throw StartFailure(text: error.text)
        }
    }

    private func announce(_ socket: ListeningSocket, metrics: String?, _ telemetry: TelemetryListener?) {
        for warning in documents.warnings { log.warning("\(warning)") }
        for address in telemetry?.addresses ?? [] {
            log.notice("listening for telemetry reports", metadata: ["udp": "\(address)"])
        }
        let topology = documents.topology
        var facts: Logger.Metadata = [
            "socket": "\(socket.file ?? "passed by systemd")", "topology": "\(topology.name)",
            "switches": "\(topology.switches.count)", "hosts": "\(topology.hosts.count)",
            "links": "\(topology.links.count)", "policy": "\(configuration.policyFile ?? "standard")",
            "state": "\(configuration.stateFolder ?? "kept in memory only")", "version": "\(SluiceVersion.text)",
        ]
        if let metrics { facts["metrics"] = "\(metrics)" }
        if let file = configuration.auditFile { facts["auditLog"] = "\(file)" }
        log.notice("ready", metadata: facts)
    }

    private func waitForEnd(_ signals: sigset_t, controller: Controller, loop: any EventLoop) {
        var signals = signals
        while true {
            var signal: CInt = 0
            guard sigwait(&signals, &signal) == 0 else { continue }
            guard signal == SIGHUP else { return }
            loop.execute {
                controller.assumeIsolated { $0.reload(answering: nil) }
            }
        }
    }

    /// No new clients, then every client told, then the threads.
    private func takeDown(
        _ servers: [any Channel], _ southbound: SouthboundService, _ telemetry: TelemetryListener?,
        _ controller: Controller,
        _ group: MultiThreadedEventLoopGroup, _ journal: Journal?
    ) {
        do {
            try southbound.stop()
            // A listener that is closed already is as good.
            for server in servers { try server.close().recover { _ in }.wait() }
            try group.next().flatSubmit { controller.assumeIsolated { $0.finish() } }.wait()
            try group.next().submit { controller.assumeIsolated { $0.stop() } }.wait()
            // After the controller, which may still tell it how long learning took.
            try telemetry?.stop()
            try group.syncShutdownGracefully()
            try journal?.close()
        } catch {
            log.error("stopping failed", metadata: ["error": "\(error)"])
        }
    }
}

/// Why the daemon cannot begin to serve, and what to do about it.
package struct StartFailure: Error {
    package let text: String
    /// A file is at fault.
    package let isOfInput: Bool

    init(text: String, isOfInput: Bool = false) {
        self.text = text
        self.isOfInput = isOfInput
    }
}
