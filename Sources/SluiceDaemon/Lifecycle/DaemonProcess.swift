// The daemon's life: everything is set up in order, then the main thread waits for signals, then everything is taken
// down in order. Signals are blocked in every thread and taken by sigwait(3), so that no handler ever interrupts
// anything.

private import Glibc
package import Logging
private import NIOCore
private import NIOPosix
private import SluiceControlPlane
private import SluiceModel

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
    package func run() throws(ListeningSocket.Failure) {
        // Before the first thread, which inherits the mask.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A client that went away is a failed write, not the end.
        signal(SIGPIPE, SIG_IGN)

        let socket: ListeningSocket
        if let inherited = ListeningSocket.inherited(environment: environment, processID: getpid()) {
            socket = inherited
        } else {
            socket = try ListeningSocket.bind(configuration.socketPath)
        }
        let service = ServiceNotification(environment: environment, processID: getpid())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let controller = makeController(loop: group.next(), service: service)
        let server: any Channel
        do throws(any Error) {
            server = try ControlServer.start(on: socket, group: group, controller: controller).wait()
        } catch {
            socket.removeFile()
            throw ListeningSocket.Failure.system(call: "accept", path: configuration.socketPath, message: "\(error)")
        }
        let watchdog = service.watchdogNanoseconds.map { nanoseconds in
            group.next().scheduleRepeatedTask(initialDelay: .zero, delay: .nanoseconds(nanoseconds)) { _ in
                // On the event loop, so that silence means that it hangs.
                service.alive()
            }
        }
        announce(socket)
        service.ready("serving")

        waitForEnd(signals, controller: controller, loop: group.next())

        service.stopping()
        log.notice("stopping")
        watchdog?.cancel()
        socket.removeFile()
        takeDown(server, controller, group)
        log.notice("stopped")
    }

    private func makeController(loop: any EventLoop, service: ServiceNotification) -> Controller {
        let configuration = configuration
        let topologyBytes = documents.topologyBytes
        let surroundings = Controller.Surroundings(
            loop: loop, log: log, daemonUser: getuid(), service: service,
            reload: { configuration.reload(topologyBytes: topologyBytes) })
        let plane = ControlPlane(
            topology: documents.topology, policy: documents.policy, seed: .random(in: .min ... .max))
        return Controller(plane: plane, policy: documents.policy, surroundings: surroundings)
    }

    private func announce(_ socket: ListeningSocket) {
        for warning in documents.warnings { log.warning("\(warning)") }
        let topology = documents.topology
        log.notice(
            "ready",
            metadata: [
                "socket": "\(socket.file ?? "passed by systemd")", "topology": "\(topology.name)",
                "switches": "\(topology.switches.count)", "hosts": "\(topology.hosts.count)",
                "links": "\(topology.links.count)", "policy": "\(configuration.policyFile ?? "standard")",
                "version": "\(SluiceVersion.text)",
            ])
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
    private func takeDown(_ server: any Channel, _ controller: Controller, _ group: MultiThreadedEventLoopGroup) {
        do {
            // A listener that is closed already is as good.
            try server.close().recover { _ in }.wait()
            try group.next().submit { controller.assumeIsolated { $0.stop() } }.wait()
            try group.syncShutdownGracefully()
        } catch {
            log.error("stopping failed", metadata: ["error": "\(error)"])
        }
    }
}
