// Between NIO's channel and the controller, for one switch.

import NIOCore
import NIOTLS
import SluiceModel

/// One for each connection, used on its event loop only.
///
/// Over TLS the controller hears of a switch once both certificates have been accepted; until then the connection has a
/// place among few, and a few seconds.
final class SwitchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let controller: Controller
    private let peer: String?
    private let isEncrypted: Bool
    /// nil until the switch may speak, and where there are too many connections.
    private var connection: SwitchConnectionID?
    /// Ends a handshake that takes too long; nil where none is under way.
    private var deadline: Scheduled<Void>?

    /// - Parameter peer: where the connection was dialled to; nil: the switch has dialled.
    init(controller: Controller, peer: String?, isEncrypted: Bool) {
        self.controller = controller
        self.peer = peer
        self.isEncrypted = isEncrypted
    }

    private func name(_ channel: any Channel) -> String {
        peer ?? channel.remoteAddress?.description ?? "local socket"
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        if !isEncrypted {
            connect(channel)
        } else if controller.assumeIsolated({ $0.beginHandshake() }) {
            deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(DaemonLimits.handshakeSeconds)) {
                self.fail("no handshake within \(DaemonLimits.handshakeSeconds) s", channel)
            }
        } else {
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent, deadline != nil {
            endHandshake()
            connect(context.channel)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func connect(_ channel: any Channel) {
        let peer = name(channel)
        connection = controller.assumeIsolated { $0.switchConnected(channel, peer: peer) }
        if connection == nil { channel.close(promise: nil) }
    }

    private func endHandshake() {
        guard let deadline else { return }
        deadline.cancel()
        self.deadline = nil
        controller.assumeIsolated { $0.endHandshake() }
    }

    private func fail(_ reason: String, _ channel: any Channel) {
        if deadline != nil {
            endHandshake()
            let peer = name(channel)
            controller.assumeIsolated { $0.handshakeFailed(peer: peer, reason: reason) }
        }
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let connection else { return }
        let bytes = Array(buffer: unwrapInboundIn(data))
        controller.assumeIsolated { $0.switchSent(bytes, over: connection) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        controller.assumeIsolated { $0.flush() }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endHandshake()
        if let connection { controller.assumeIsolated { $0.switchGone(connection, why: "the connection has ended") } }
        connection = nil
        context.fireChannelInactive()
    }

    /// A connection that broke ends; the switch dials again, or is dialled again.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("\(error)", context.channel)
    }
}
