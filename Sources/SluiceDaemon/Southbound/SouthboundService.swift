// Meets switches: listens where they dial to, and dials those that listen, again and again.

import Logging
import NIOCore
package import NIOPosix
import SluiceModel

package struct SouthboundService {
    package struct Failure: Error {
        package let text: String
        /// A file of the TLS configuration is at fault.
        package var isOfInput = false
    }

    /// Where switches are met.
    package struct Places: Sendable {
        package var listening: [OpenFlowEndpoint] = []
        package var dialling: [OpenFlowEndpoint] = []
        /// For the endpoints with TLS; without it they are refused.
        package var tls: TLSFiles?
        package init() {}
    }

    private let listeners: [any Channel]
    private let sockets: [ListeningSocket]
    private let dialers: [SwitchDialer]

    /// Starts everything on the controller's event loop.
    package static func start(
        _ places: Places, group: MultiThreadedEventLoopGroup, controller: Controller
    ) throws(Failure) -> SouthboundService {
        var tls: SouthboundTLS?
        if let files = places.tls {
            do throws(SouthboundTLS.Failure) {
                tls = try SouthboundTLS(files)
            } catch {
                throw Failure(text: error.text, isOfInput: true)
            }
        }
        var listeners: [any Channel] = []
        var sockets: [ListeningSocket] = []
        let log = controller.surroundings.log
        for endpoint in places.listening {
            do throws(any Error) {
                switch endpoint {
                case .tcp(let host, let port), .tls(let host, let port):
                    // Answers of a few bytes must not wait for more.
                    let channel = try bootstrap(group, controller, endpoint.isEncrypted ? tls : nil)
                        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1).bind(host: host, port: port).wait()
                    listeners.append(channel)
                    log.notice(
                        "listening for switches",
                        metadata: [
                            "address": "\(channel.localAddress?.description ?? host)",
                            "tls": "\(endpoint.isEncrypted)",
                        ])
                case .unix(let path):
                    let socket = try ListeningSocket.bind(path)
                    sockets.append(socket)
                    listeners.append(try bootstrap(group, controller, nil).withBoundSocket(socket.descriptor).wait())
                    log.notice("listening for switches", metadata: ["address": "\(path)"])
                }
            } catch let failure as ListeningSocket.Failure {
                for socket in sockets { socket.removeFile() }
                throw Failure(text: failure.text)
            } catch {
                for socket in sockets { socket.removeFile() }
                throw Failure(text: "\(endpoint.text): \(error)")
            }
        }
        let dialers = places.dialling.map { SwitchDialer($0, tls: tls, controller: controller) }
        for dialer in dialers { dialer.start(group: group) }
        return SouthboundService(listeners: listeners, sockets: sockets, dialers: dialers)
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ controller: Controller, _ tls: SouthboundTLS?
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.serverHandler()) }
                    try channel.pipeline.syncOperations.addHandler(
                        SwitchHandler(controller: controller, peer: nil, isEncrypted: tls != nil))
                }
            }
    }

    /// No more switches; those that are connected are let go by the controller.
    package func stop() throws {
        for dialer in dialers { try dialer.stop() }
        for socket in sockets { socket.removeFile() }
        for listener in listeners { try listener.close().recover { _ in }.wait() }
    }
}

/// Keeps a connection to a switch that listens.
private final class SwitchDialer: Sendable {
    private let endpoint: OpenFlowEndpoint
    private let tls: SouthboundTLS?
    private let controller: Controller
    private let state: NIOLoopBoundBox<State>

    /// Used on the event loop only.
    private struct State {
        var isStopped = false
        /// Failures are told once, not every quarter of a second.
        var hasComplained = false
    }

    init(_ endpoint: OpenFlowEndpoint, tls: SouthboundTLS?, controller: Controller) {
        self.endpoint = endpoint
        self.tls = endpoint.isEncrypted ? tls : nil
        self.controller = controller
        state = .makeBoxSendingValue(State(), eventLoop: controller.surroundings.loop)
    }

    func start(group: MultiThreadedEventLoopGroup) {
        controller.surroundings.loop.execute { self.dial(group) }
    }

    func stop() throws {
        try controller.surroundings.loop.submit { self.state.value.isStopped = true }.wait()
    }

    private func dial(_ group: MultiThreadedEventLoopGroup) {
        guard !state.value.isStopped else { return }
        let (controller, endpoint, tls) = (controller, endpoint, tls)
        let loop = controller.surroundings.loop
        let bootstrap = ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.clientHandler()) }
                    try channel.pipeline.syncOperations.addHandler(
                        SwitchHandler(controller: controller, peer: endpoint.text, isEncrypted: tls != nil))
                }
            }
        let attempt =
            switch endpoint {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port), .tls(let host, let port):
                bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
            }
        attempt.hop(to: loop).whenComplete { result in
            switch result {
            case .success(let channel):
                self.state.value.hasComplained = false
                channel.closeFuture.hop(to: loop).whenComplete { _ in self.dialLater(group) }
            case .failure(let error):
                if !self.state.value.hasComplained {
                    self.state.value.hasComplained = true
                    controller.surroundings.log.warning(
                        "switch cannot be dialled, trying on",
                        metadata: ["endpoint": "\(endpoint.text)", "error": "\(error)"])
                }
                self.dialLater(group)
            }
        }
    }

    private func dialLater(_ group: MultiThreadedEventLoopGroup) {
        controller.surroundings.loop.scheduleTask(in: .milliseconds(DaemonLimits.redialMilliseconds)) {
            self.dial(group)
        }
    }
}
