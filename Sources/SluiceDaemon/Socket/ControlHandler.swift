// Between NIO's channel and the controller: bytes become lines, one line at a time becomes a request, and reading
// stops while more waits for the client than it takes.

import NIOCore
import SluiceControlPlane
import SluiceJSON
import SluiceModel
import SluiceProtocol

/// One for each connection, used on its event loop only.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the client may do is known now: its requests go on.
    struct MayProceed {}

    private let controller: Controller
    private let credentials: ClientCredentials
    /// nil until the channel is active, and where the client was refused.
    private var client: ClientID?
    private var framer = LineFramer(limit: Limits.requestBytes)
    /// Lines that were read and not yet handed over, newest last; bounded by what one turn reads.
    private var frames: [Frame] = []
    private var next = 0

    init(controller: Controller, credentials: ClientCredentials) {
        self.controller = controller
        self.credentials = credentials
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let credentials = self.credentials
        switch controller.assumeIsolated({ $0.connect(channel, credentials) }) {
        case .success(let client): self.client = client
        case .failure(let fault):
            var writer = JSONWriter()
            ReplyEncoder.fault(.null, fault, to: &writer)
            var line = context.channel.allocator.buffer(bytes: writer.bytes)
            line.writeInteger(UInt8(ascii: "\n"))
            context.writeAndFlush(wrapOutboundOut(line), promise: nil)
            context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let known = frames.count
        buffer.withUnsafeReadableBytes { bytes in
            framer.receive(bytes) { frames.append($0) }
        }
        if let client {
            let (completesLine, isMidLine) = (frames.count > known, framer.isMidLine)
            controller.assumeIsolated { $0.hears(client, completesLine: completesLine, isMidLine: isMidLine) }
        }
        handOver(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        controller.assumeIsolated { $0.flush() }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if let client, context.channel.isWritable {
            controller.assumeIsolated { $0.reads(client) }
            handOver(context)
            controller.assumeIsolated { $0.flush() }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(ChannelEvent.inputClosed) = event as? ChannelEvent {
            inputHasEnded = true
            handOver(context)
        } else if event is MayProceed {
            handOver(context)
            controller.assumeIsolated { $0.flush() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let client { controller.assumeIsolated { $0.disconnect(client) } }
        client = nil
        context.fireChannelInactive()
    }

    /// A connection that broke (reset, broken pipe) is a client gone; there is nobody to tell.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private var inputHasEnded = false

    private var isHandingOver = false

    /// Hands lines over until none is left or the client must wait; in the latter case reading stops too.
    ///
    /// Writing answers can make the channel writable again at once, which calls this from inside itself; the outer
    /// call then goes on, since it asks again whether the client is congested.
    private func handOver(_ context: ChannelHandlerContext) {
        guard let client, !isHandingOver else { return }
        isHandingOver = true
        defer { isHandingOver = false }
        while next < frames.count {
            if controller.assumeIsolated({ $0.mustWait(client) }) {
                controller.assumeIsolated { $0.flush() }
                guard !controller.assumeIsolated({ $0.mustWait(client) }) else {
                    setReading(false, context)
                    return
                }
            }
            let frame = frames[next]
            next += 1
            controller.assumeIsolated { $0.receive(frame, from: client) }
        }
        frames.removeAll(keepingCapacity: frames.count < 1_024)
        next = 0
        setReading(true, context)
        if inputHasEnded {
            controller.assumeIsolated { controller in
                controller.flush()
                controller.inputEnded(client)
            }
        }
    }

    private var isReading = true

    private func setReading(_ reading: Bool, _ context: ChannelHandlerContext) {
        guard reading != isReading else { return }
        isReading = reading
        if let client { controller.assumeIsolated { $0.pause(client, !reading) } }
        context.channel.setOption(.autoRead, value: reading).whenFailure { _ in
            // Only a closed channel refuses the option, and it reads no more anyway.
        }
    }
}
