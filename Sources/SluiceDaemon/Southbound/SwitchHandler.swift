// Between NIO's channel and the controller, for one switch.

import NIOCore
import SluiceModel

/// One for each connection, used on its event loop only.
final class SwitchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let controller: Controller
    private let peer: String?
    /// nil until the channel is active, and where there are too many connections.
    private var connection: SwitchConnectionID?

    /// - Parameter peer: where the connection was dialled to; nil: the switch has dialled.
    init(controller: Controller, peer: String?) {
        self.controller = controller
        self.peer = peer
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let peer = peer ?? context.remoteAddress?.description ?? "local socket"
        connection = controller.assumeIsolated { $0.switchConnected(channel, peer: peer) }
        if connection == nil { context.close(promise: nil) }
        context.fireChannelActive()
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
        if let connection { controller.assumeIsolated { $0.switchGone(connection, why: "the connection has ended") } }
        connection = nil
        context.fireChannelInactive()
    }

    /// A connection that broke ends; the switch dials again, or is dialled again.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
